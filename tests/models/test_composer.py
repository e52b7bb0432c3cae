"""The composer: taught by lessons, it composes as they do; the Llama that it came from stays as it was."""

import random

import pytest
import torch
from tiny_llama import save_llama

from models.composer import N_UPPER, Composer, Teaching, mean_loss, taught, teach
from models.explainer import explanation_parts
from models.explanation_trial import run_trial, trial_tables
from models.lessons import Lesson, chemists_note, lessons
from models.llama import load_llama
from models.style import style_of

QUESTION = ({"role": "user", "content": "Which is it?"},)
PARTS = (("It is red.", "It is blue.", "“Über” is grey."), ("So be it.", "However, it is not so."))
ANSWERS = ("It is blue.", "However, it is not so.")


def lesson(*answer):
    return Lesson(QUESTION, PARTS, " ".join(answer))


def test_decisions_are_those_that_composing_meets(llama):
    for first in PARTS[0]:
        for second in PARTS[1]:
            found = llama.decisions(QUESTION, PARTS, f"{first} {second}")
            assert len(found.positions) == len(found.allowed) == len(found.chosen) >= 2
            assert all(len(allowed) > 1 for allowed in found.allowed)
            for place, allowed, which in zip(found.positions, found.allowed, found.chosen, strict=True):
                assert found.tokens[place + 1] == allowed[which]
    with pytest.raises(ValueError, match="not among the sentences offered"):
        llama.decisions(QUESTION, PARTS, "It is green. So be it.")


def test_the_loss_is_that_of_the_whole_model_under_the_grammar(llama):
    composer = Composer(llama)
    studied = composer.study([lesson(*ANSWERS)])
    found = studied[0].decisions
    with torch.no_grad():
        logits = llama._model(torch.tensor([found.tokens])).logits[0]
        each = [
            -logits[place, list(allowed)].log_softmax(-1)[which]
            for place, allowed, which in zip(found.positions, found.allowed, found.chosen, strict=True)
        ]
    assert mean_loss(composer, studied) == pytest.approx(float(torch.stack(each).mean()), abs=1e-4)


def test_taught_it_says_what_the_lessons_say_and_the_llama_stays_as_it_was(llama, tmp_path):
    composer = Composer(llama)
    studied = composer.study([lesson(*ANSWERS)] * 8)
    before = mean_loss(composer, studied[:1])
    said_before = llama.compose(QUESTION, PARTS, 0, 1e-6)
    teach(composer, studied, 1)
    for _ in range(20):
        if mean_loss(composer, studied[:1]) < 0.05:
            break
        teach(composer, studied, 1)
    after = mean_loss(composer, studied[:1])
    assert after < before
    file = tmp_path / "composer.safetensors"
    composer.save(file, Teaching(8, 1, 1.0, before, after))
    pupil = taught(llama, file)
    assert pupil.hash != llama.hash
    assert pupil.compose(QUESTION, PARTS, 0, 1e-6) == " ".join(ANSWERS)
    assert llama.compose(QUESTION, PARTS, 0, 1e-6) == said_before
    assert taught(load_llama(str(save_llama(tmp_path / "other", 3, seed=5))), file).name == "other"


def test_an_untaught_composer_is_the_llama(llama):
    same = llama.with_upper_layers(Composer(llama).upper, "same", "hash")
    tokens = torch.tensor([[1, 2, 3, 4]])
    with torch.no_grad():
        assert torch.allclose(same._model(tokens).logits, llama._model(tokens).logits, atol=1e-6)
    assert same._decoder().layers[0] is not llama._decoder().layers[0]
    assert len(same._decoder().layers) == N_UPPER
    assert same._model.get_input_embeddings().weight is llama._model.get_input_embeddings().weight


def test_a_teaching_that_was_cut_off_ends_the_same(llama, tmp_path):
    class CutOffError(Exception):
        pass

    def cut(done, *_):
        if done == 2:
            raise CutOffError

    first, second = Composer(llama), Composer(llama)
    studied = first.study([lesson(one, other) for one in PARTS[0] for other in PARTS[1]])
    teach(first, studied, 3)
    with pytest.raises(CutOffError):
        teach(second, studied, 3, tmp_path / "checkpoint", cut)
    again = Composer(llama)
    teach(again, studied, 3, tmp_path / "checkpoint")
    assert all(torch.equal(value, again.trained()[name]) for name, value in first.trained().items())


def test_lessons_are_made_of_what_is_offered():
    some = list(lessons(40, 5))
    assert some[:10] == list(lessons(10, 5))
    for one in some:
        rest = one.answer
        for part in one.parts:
            sentence = max((s for s in part if rest.startswith(s)), key=len)
            rest = rest[len(sentence) :].lstrip()
        assert rest == ""


def test_lessons_read_as_notes_and_chance_as_a_list():
    generator = random.Random(1)
    notes, chance = [], []
    for table, candidate_id in trial_tables(60, 5):
        parts = explanation_parts(table, candidate_id)
        notes.append(chemists_note(table, candidate_id, parts, generator) if parts else [])
        chance.append([generator.choice(part) for part in parts])
    note, other = style_of(notes), style_of(chance)
    assert note.begins_alike < other.begins_alike / 3
    assert note.says_what_follows > other.says_what_follows
    assert note.isolates_quantum > other.isolates_quantum


def test_style_tells_lists_from_notes(llama, store):
    trial = run_trial(llama, 30, 9, store)
    note = trial.style
    assert 0 < note.begins_alike < 1
    assert 0 < note.tied < 1
    assert style_of([]).tied == 0
