from pyswfaws import activity_task, decision_task, embedded


@activity_task
def greet(name):
    return f'Hello, {name}!'


@decision_task
def hello(name):
    return greet(name).result


if __name__ == '__main__':
    with embedded(__name__) as client:
        print(client.start(hello, 'world').result())
