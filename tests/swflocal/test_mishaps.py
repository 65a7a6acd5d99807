import pytest

from pyswfaws.swflocal.mishaps import SMOOTH, Fate, Mishap, Mishaps


def test_without_rules_all_goes_well():
    assert Mishaps().draw('PollForDecisionTask') == SMOOTH


def test_a_rule_meets_its_operations_only():
    mishaps = Mishaps([Mishap('throttle', 'PollFor*')])
    assert mishaps.draw('PollForActivityTask') == Fate(refusal='throttle')
    assert mishaps.draw('StartWorkflowExecution') == SMOOTH


def test_rules_come_on_top_of_each_other_and_the_first_refusal_wins():
    delays = [Mishap('delay', seconds=1), Mishap('delay', seconds=2)]
    rules = [*delays, Mishap('error'), Mishap('throttle'), Mishap('drop')]
    assert Mishaps(rules).draw('DescribeDomain') == Fate(refusal='error', lost=True, delay=3.0)


def test_one_seed_is_one_series():
    rules = [Mishap('drop', likelihood=0.5)]
    first, again, other = (
        [fate.lost for fate in map(Mishaps(rules, seed).draw, ['x'] * 100)] for seed in (1, 1, 2))
    assert first == again != other
    assert 20 < sum(first) < 80


@pytest.mark.parametrize(('text', 'mishap'), [
    ('drop', Mishap('drop')),
    ('throttle:Start*', Mishap('throttle', 'Start*')),
    ('error:*:0.25', Mishap('error', likelihood=0.25)),
    ('delay:*:1:0.5', Mishap('delay', seconds=0.5)),
])
def test_the_command_line_writes_a_rule_in_one_word(text, mishap):
    assert Mishap.parse(text) == mishap


@pytest.mark.parametrize(('text', 'reason'), [
    ('burn', "mishap 'burn': mishap kind 'burn' is not known; it is one of throttle, error, drop, delay"),
    ('drop:*:often', 'could not convert string to float'),
    ('drop:*:2', 'likelihood of a mishap is 2.0; it goes from 0.0 to 1.0'),
    ('delay:*:1:-1', 'cannot be less than 0'),
    ('delay:*:1:1:1', 'too many parts'),
])
def test_a_rule_that_cannot_be_used_says_why(text, reason):
    with pytest.raises(ValueError, match=reason):
        Mishap.parse(text)
