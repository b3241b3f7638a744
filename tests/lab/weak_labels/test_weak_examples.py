"""Lessons: known techniques only, no lesson twice, the same for the same seed."""

import pytest

from loglm_bridge.lab.data import backgrounds
from loglm_bridge.lab.data.sources import validation_groups
from loglm_bridge.lab.weak_labels import weak_examples
from loglm_bridge.telemetry import CanonicalEvent
from tests.lab.tiny import TECHNIQUES


@pytest.fixture(scope="module")
def files(data):
    folder = data.folder
    attack = folder / "attack" / "enterprise.json.gz"
    return weak_examples.TeacherFiles(folder / "sigma_rules.tar.gz", folder / "aux_commands.jsonl.gz", attack, fills=3)


@pytest.fixture(scope="module")
def ordinary(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("teaching") / "b.gz"
    return backgrounds.collect(data.folder, validation_groups(data.split), out, 1)


@pytest.fixture(scope="module")
def lessons(files, ordinary, tmp_path_factory):
    return weak_examples.teach(files, ordinary, tmp_path_factory.mktemp("lessons") / "l.gz", 1)


def test_every_teacher_teaches(lessons):
    assert {lesson.teacher for lesson in lessons} == {"sigma", "atomic", "lolbas", "gtfobins", "fwaf"}
    assert {lesson.origin[-1] for lesson in lessons if lesson.teacher == "sigma"} == set("123456")


def test_lessons_name_known_techniques_and_later_ids_lead_back(lessons):
    assert {t for lesson in lessons for t in lesson.techniques} <= set(TECHNIQUES)
    assert {lesson.techniques for lesson in lessons if lesson.origin.endswith("6")} == {("T1078", "T1543.003")}


def test_a_rules_level_says_how_malicious_it_is(lessons):
    assert {lesson.origin[-1]: lesson.malice for lesson in lessons if lesson.teacher == "sigma"} == {
        "1": 1.0,
        "2": 0.7,
        "3": 1.0,
        "4": 0.7,
        "5": 0.3,
        "6": 1.0,
    }


def test_no_lesson_comes_twice(lessons):
    assert len({(lesson.event.key, lesson.techniques) for lesson in lessons}) == len(lessons)


def test_the_same_seed_teaches_the_same_and_what_is_there_is_read(files, ordinary, lessons, tmp_path):
    again = weak_examples.teach(files, ordinary, tmp_path / "l.gz", 1)
    assert again == lessons == weak_examples.load(tmp_path / "l.gz")
    nowhere = weak_examples.TeacherFiles(*[tmp_path / "nowhere"] * 3)
    assert weak_examples.teach(nowhere, ordinary, tmp_path / "l.gz", 2) == lessons
    assert all(isinstance(lesson.event, CanonicalEvent) for lesson in again)
