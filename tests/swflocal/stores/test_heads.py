"""The heads of the task lists hold what the lists begin with, whatever happens to these."""

from bisect import insort

from hypothesis import given
from hypothesis import strategies as st

from pyswfaws.swflocal.service.storage import Task, TaskListKey
from pyswfaws.swflocal.stores.heads import Heads

LISTS = [TaskListKey('r', 'd', 'activity', name) for name in 'ab']

steps = st.lists(st.tuples(
    st.sampled_from(['add', 'add', 'add', 'add', 'remove', 'remove first', 'close', 'forget']),
    st.integers(0, 1), st.integers(0, 3), st.integers(-1, 1)), max_size=80)


@given(steps)
def test_the_first_of_a_head_is_the_first_of_its_list(steps):
    model = Model()
    for step in steps:
        model.take(*step)
        for task_list in LISTS:
            assert model.heads.first(task_list) == model.first(task_list)


class Model:
    """The lists themselves, and their heads."""

    def __init__(self):
        self.lists = {task_list: [] for task_list in LISTS}
        self.heads = Heads(lambda task_list, limit: self.lists[task_list][:limit], length=2, longest=4)
        self.count = 0

    def first(self, task_list):
        entries = self.lists[task_list]
        return entries[0][2] if entries else None

    def take(self, step, which, execution, priority):
        task_list = LISTS[which]
        if step == 'add':
            self.count += 1
            entry = (-priority, self.count, Task(task_list, priority, execution, self.count))
            insort(self.lists[task_list], entry)
            self.heads.add(entry)
        elif step == 'forget':
            self.heads.forget()
        elif step == 'close':
            self.drop(lambda task: task.execution == execution)
            self.heads.remove_all(execution)
        elif self.lists[task_list]:
            gone = self.lists[task_list][0 if step == 'remove first' else -1][2]
            self.drop(lambda task: task == gone)
            self.heads.remove(gone.execution, gone.event_id)

    def drop(self, is_gone):
        for task_list, entries in self.lists.items():
            self.lists[task_list] = [entry for entry in entries if not is_gone(entry[2])]

