import json

from pyswfaws.workers.clients import make_client


def test_what_is_new_is_registered_and_repeating_it_is_safe(call, domain):
    assert call('register', 'bakery').stdout == (
        f'registered  domain {domain}\n'
        'registered  activity bake 1.0\n'
        'registered  workflow fail 1.0\n'
        'registered  workflow order 1.0\n'
        'registered  workflow rest 1.0\n'
    )
    again = call('register', 'bakery')
    assert again.exit_code == 0
    assert {line.split()[0] for line in again.stdout.splitlines()} == {'unchanged'}


def test_a_dry_run_registers_nothing(call):
    for _ in range(2):
        done = call('register', '--dry-run', 'bakery:order')
        assert done.exit_code == 0
        assert [line.split()[0] for line in done.stdout.splitlines()] == ['missing', 'missing']


def test_as_json(call, domain):
    found = json.loads(call('register', 'bakery:bake', '--format', 'json', '--retention', '3').stdout)
    assert found == [
        {'what': f'domain {domain}', 'outcome': 'registered', 'differences': [], 'next_version': None},
        {'what': 'activity bake 1.0', 'outcome': 'registered', 'differences': [], 'next_version': None},
    ]


def test_the_retention_is_that_of_the_domain(call, url, domain):
    call('register', 'bakery:bake', '--retention', '3')
    client = make_client(endpoint_url=url)
    found = client.describe_domain(name=domain)['configuration']
    assert found == {'workflowExecutionRetentionPeriodInDays': '3'}
    client.close()


def test_a_registered_version_that_differs_is_shown_and_ends_with_1(call):
    call('register', 'bakery')
    done = call('register', 'bakery_next_door')
    assert done.exit_code == 1
    assert 'differs     activity bake 1.0\n' in done.stdout
    assert 'defaultTaskHeartbeatTimeout: registered 60, the code has 5' in done.stdout
    assert done.stderr == (
        "Error: SWF knows activity bake 1.0 otherwise than the code: give the code's another version, such as 1.1 "
        '(swf_task_version=, swf_workflow_version=), or its old defaults\n'
    )


def test_a_missing_domain_is_one_line(call):
    done = call('register', 'bakery', PYSWFAWS_DOMAIN=None)
    assert done.exit_code == 2
    assert done.stderr == (
        'Error: no domain: give swf_domain= to the worker or the decorator (--domain to a command), or set '
        'PYSWFAWS_DOMAIN\n'
    )


def test_an_unknown_target_is_one_line(call):
    for target, text in {
        'nowhere': "there is no module 'nowhere': a target is the dotted name",
        'bakery:nothing': "there is no 'nothing' in the module 'bakery'",
        'bakery:undecorated': 'is not decorated: put @activity_task or @decision_task above it (line ',
        'empty': 'nothing in empty is decorated with @activity_task or @decision_task',
        'bakery.py': 'there is no module',
        '': "'' is no dotted name of a module",
    }.items():
        done = call('register', target)
        assert done.exit_code == 2, target
        assert text in done.stderr
        assert done.stderr.count('\n') == 1


def test_a_type_is_deprecated_and_back_and_deleted(call, domain):
    call('register', 'bakery')
    in_use = call('delete', 'activity', 'bake', '1.0')
    assert (in_use.exit_code, in_use.stdout) == (1, '')
    assert f'first: pyswfaws deprecate activity bake 1.0 --domain {domain}\n' in in_use.stderr
    assert call('deprecate', 'activity', 'bake', '1.0').stdout == 'deprecated  activity bake 1.0\n'
    assert call('deprecate', 'activity', 'bake', '1.0').stdout == 'unchanged   activity bake 1.0\n'
    assert 'status: registered DEPRECATED, the code has REGISTERED' in call('register', 'bakery').stdout
    assert call('deprecate', 'activity', 'bake', '1.0', '--undo').stdout == 'registered  activity bake 1.0\n'
    assert call('deprecate', 'activity', 'bake', '1.0', '--undo').stdout == 'unchanged   activity bake 1.0\n'
    assert call('deprecate', 'workflow', 'order', '1.0').stdout == 'deprecated  workflow order 1.0\n'
    assert call('delete', 'workflow', 'order', '1.0').stdout == 'deleted     workflow order 1.0\n'
    gone = call('delete', 'workflow', 'order', '1.0')
    assert gone.exit_code != 0
    assert 'Unknown type' in gone.stderr
    assert 'registered  workflow order 1.0' in call('register', 'bakery').stdout


def test_a_domain_is_deprecated_and_back(call, domain):
    call('register', 'bakery')
    assert call('deprecate', 'domain', domain).stdout == f'deprecated  domain {domain}\n'
    assert call('deprecate', 'domain', domain, '--undo').stdout == f'registered  domain {domain}\n'
    for wrong in (('domain', domain, '1.0'), ('activity', 'bake')):
        done = call('deprecate', *wrong)
        assert done.exit_code == 2
        assert 'a type has a VERSION beside its NAME, and a domain has none' in done.stderr
