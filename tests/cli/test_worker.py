"""`pyswfaws worker` where it cannot serve; that it does is proved end to end."""

import pytest


@pytest.mark.parametrize(('arguments', 'settings', 'status', 'text'), [
    (['bakery'], {}, 4, "there is no domain '{domain}' in SWF. Register it and its types: pyswfaws register TARGET"),
    (['bakery'], {'PYSWFAWS_DOMAIN': None}, 2, 'no domain: give swf_domain= to the worker or the decorator (--domain'),
    (['bakery'], {'PYSWFAWS_TASK_LIST': None}, 2, "no task list for 'bake': give swf_task_list="),
    (['bakery:undecorated'], {}, 2, 'is not decorated: put @activity_task or @decision_task above it (line '),
    (['bakery:order', '--activities'], {}, 2, 'bakery:order has nothing decorated of the kind that was asked for'),
    (['empty'], {}, 2, 'nothing in empty is decorated'),
    (['nowhere.at_all'], {}, 2, "there is no module 'nowhere.at_all'"),
    (['bakery'], {'AWS_ENDPOINT_URL_SWF': 'http://127.0.0.1:1'}, 3, 'Is the endpoint right, and does it run?'),
    (['bakery', '--region', 'us-east-1'], {'AWS_ENDPOINT_URL_SWF': None}, 3, 'no AWS credentials: '),
    (['bakery', '--region', 'us-east-1'], {'AWS_ENDPOINT_URL_SWF': 'nowhere'}, 3, 'Invalid endpoint: nowhere'),
])
def test_a_worker_that_cannot_serve_says_why_in_one_line(spawn, domain, arguments, settings, status, text):
    done = spawn('worker', *arguments, **settings)
    assert (done.returncode, done.stdout) == (status, ''), done.stderr
    assert done.stderr.startswith('Error: ')
    assert done.stderr.count('\n') == 1
    assert text.format(domain=domain) in done.stderr


def test_both_kinds_are_served_unless_one_is_named(spawn):
    done = spawn('worker', 'bakery', '--activities', '--deciders')
    assert done.returncode == 2
    assert '--activities and --deciders exclude each other; without them, both are served' in done.stderr


def test_a_type_that_is_not_registered_is_said(spawn, call, domain):
    call('register', 'bakery:order')
    done = spawn('worker', 'bakery')
    assert done.returncode == 2
    assert done.stderr == (
        f"Error: SWF does not know activity bake 1.0 in the domain '{domain}'. Register what is new: pyswfaws register "
        f'TARGET --domain {domain}\n'
    )


def test_an_option_of_the_wrong_kind_is_wrong_usage(spawn):
    done = spawn('worker', 'bakery', '--concurrency', '0')
    assert done.returncode == 2
    assert '0 is not in the range x>=1' in done.stderr


def test_what_a_module_lacks_shows_where_it_is_missed(spawn):
    done = spawn('worker', 'needs_more')
    assert done.returncode == 1
    assert done.stderr.endswith("ModuleNotFoundError: No module named 'a_module_that_nobody_has'\n")
    assert 'needs_more.py' in done.stderr
