"""Training on GLUE, with a tiny encoder and made-up files: reading, probes, runs, going on, what is written."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch.nn.functional import binary_cross_entropy, nll_loss

from models import bert, glue, lora
from models.train.glue import __main__, probe
from models.train.glue import data as glue_data
from models.train.glue.experiment import STAGES, Experiment, Plan
from models.train.glue.measure import answers_of, apply, batches, cells, majority, scores, summed_loss
from models.train.glue.tune import Rows, Settings, fine_tune, forget, order, start

GOOD, BAD = ("lovely", "wonderful", "great", "charming"), ("awful", "boring", "terrible", "dull")
THINGS = ("film", "story", "cast", "plot", "score", "ending")


@pytest.fixture(scope="module")
def tiny():
    """The real tokenizer before a small encoder with random weights."""
    config = bert.BertConfig(d_model=16, n_layer=1, n_head=2, d_ff=32)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = bert.Encoder(config)
    return bert.Bert(config, bert.load().tokenizer, encoder.eval().requires_grad_(False))


@pytest.fixture
def small(tiny, monkeypatch):
    monkeypatch.setattr(bert, "load", lambda: tiny)
    return tiny


def phrases(n, seed):
    random = np.random.default_rng(seed)
    for _ in range(n):
        label = int(random.integers(2))
        yield f"the {random.choice(THINGS)} is {random.choice(GOOD if label else BAD)}", label


@pytest.fixture
def files(tmp_path):
    """The six folders, with the quirks of the real ones."""
    root = tmp_path / "GLUE"

    def put(name, *lines, bom=False, end="\n"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((b"\xef\xbb\xbf" if bom else b"") + ("\n".join(lines) + end).encode())

    for side, n in (("train", 120), ("dev", 30)):
        rows = list(phrases(n, len(side)))
        put(f"SST-2/{side}.tsv", "sentence\tlabel", *(f"{text} \t{label}" for text, label in rows))
        put(
            f"RTE/{side}.tsv",
            "index\tsentence1\tsentence2\tlabel",
            *(f"{i}\t{t}\tit is good\t{'entailment' if y else 'not_entailment'}" for i, (t, y) in enumerate(rows)),
        )
        put(f"WNLI/{side}.tsv", "index\tsentence1\tsentence2\tlabel", *(f"{i}\ta\tb\t{i % 3 // 2}" for i in range(9)))
        more = [
            f'main-x\tf\t2012\t{i}\t{5 * y - (0.5 if y else -0.5):.3f}\t{t}\tit is "{GOOD[0]}"'
            for i, (t, y) in enumerate(rows)
        ]
        more[3] += "\tSource A\tSource B"
        put(f"STS-B/sts-{side}.tsv", *more)
    cola = [f"gj04\t{y}\t{'' if y else '*'}\t{t}." for t, y in phrases(80, 5)]
    put("CoLA/in_domain_train.tsv", *cola[:60])
    put("CoLA/in_domain_dev.tsv", 'gj04\t1\t\tHe said "no', *cola[60:70])
    put("CoLA/out_of_domain_dev.tsv", *cola[70:], end="")
    mrpc = [f'{y}\t1{i}\t2{i}\t"{t}", no {i}\tSo number {i} is\x85good "' for i, (t, y) in enumerate(phrases(100, 6))]
    mrpc[50] = mrpc[50].rsplit("\t", 1)[0] + "\t" + mrpc[51].split("\t")[3]
    put("MRPC/msr_paraphrase_train.txt", "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String", *mrpc, bom=True)
    return root


# --- reading ---------------------------------------------------------------------------------------------------------
def test_every_task_is_read_with_its_quirks(files):
    data = {name: glue_data.read(files, name) for name in (*glue.POSED, "wnli")}
    assert {n: (len(d.train), len(d.dev)) for n, d in data.items() if n != "mrpc"} == {
        "sst2": (120, 30), "cola": (60, 21), "rte": (120, 30), "stsb": (120, 30), "wnli": (9, 9)
    }  # fmt: skip
    assert data["cola"].dev[0] == glue_data.Example('He said "no', None, 1.0)  # an open quote swallows nothing
    assert data["cola"].dev[-1].text.endswith(".") and data["sst2"].train[0].text[-1] != " "
    assert {e.answer for e in data["rte"].train} == {0.0, 1.0} and data["rte"].dev[0].pair == "it is good"
    assert {e.answer for e in data["stsb"].dev} == {0.5, 4.5} and data["stsb"].train[3].pair == 'it is "lovely"'
    mrpc = files / "MRPC" / "msr_paraphrase_train.txt"
    assert glue_data.table(mrpc, (0,), header=False)[0] == ["Quality"]  # not the byte order mark before it
    assert data["mrpc"].train[0].text.startswith('"the') and data["mrpc"].train[0].pair.endswith('good "')


def test_mrpc_holds_out_without_a_leak(files):
    data = glue_data.read(files, "mrpc")
    assert len(data.dev) == 11 and "not GLUE" in data.measured_on and data == glue_data.read(files, "mrpc")
    texts = {side: {t for e in getattr(data, side) for t in (e.text, e.pair)} for side in ("train", "dev")}
    assert not texts["train"] & texts["dev"] and len(data.train) in (88, 89)
    assert glue_data.read(files, "sst2").measured_on == "GLUE's dev set"


def test_pairs_that_share_a_sentence_with_what_is_held_out_are_left_out(files):
    path = files / "MRPC" / "msr_paraphrase_train.txt"
    head, *rows = path.read_text(encoding="utf-8-sig").split("\n")[:-1]
    same = [row.rsplit("\t", 1)[0] + "\tone and the same" for row in rows]
    path.write_text("\n".join([head, *same]), encoding="utf-8")
    assert glue_data.read(files, "mrpc").train == []


def test_what_is_recorded_of_the_data(files):
    about = glue_data.read(files, "wnli").about()
    assert about["classes"] == {"train": {"0": 6, "1": 3}, "dev": {"0": 6, "1": 3}} and about["shared"] == 9
    assert glue_data.read(files, "stsb").about()["classes"] == {"train": {}, "dev": {}}
    other = glue_data.read(files, "sst2")
    assert replace(other, dev=other.dev[1:]).checksum != other.checksum


@pytest.mark.parametrize(
    ("name", "line", "told"),
    [
        ("SST-2/dev.tsv", "one column", "line 3: expected at least 2 columns"),
        ("RTE/dev.tsv", "0\ta\tb\tperhaps", "perhaps"),
        ("STS-B/sts-dev.tsv", "a\tb\tc\td\t7\te\tf", "between 0 and 5"),
    ],
)
def test_a_line_of_another_form_is_named(files, name, line, told):
    lines = (files / name).read_text(encoding="utf-8").split("\n")
    (files / name).write_text("\n".join([*lines[:2], line]), encoding="utf-8")
    with pytest.raises(ValueError, match=told):
        glue_data.read(files, {"SST-2": "sst2", "RTE": "rte", "STS-B": "stsb"}[name.split("/")[0]])


# --- what is minimised and measured ----------------------------------------------------------------------------------
def test_losses_by_hand():
    random = torch.Generator().manual_seed(0)
    two, one = torch.randn(5, 2, generator=random), torch.randn(5, 1, generator=random)
    classes, values = torch.tensor([0.0, 1, 1, 0, 1]), torch.tensor([0.0, 5, 2.5, 3.2, 1])
    by_hand = nll_loss(two.softmax(-1).log(), classes.long(), reduction="sum")
    assert summed_loss(glue.POSED["rte"], two, classes).item() == pytest.approx(by_hand.item(), rel=1e-5)
    by_hand = binary_cross_entropy(one.sigmoid()[:, 0], values / 5, reduction="sum")
    assert summed_loss(glue.POSED["stsb"], one, values).item() == pytest.approx(by_hand.item(), rel=1e-5)


def test_scores_and_blind_answers(files):
    assert scores(glue.POSED["mrpc"], [1, 1, 0], [1, 0, 0]) == {"accuracy": 0.6667, "f1": 0.6667}
    assert scores(glue.POSED["stsb"], [2.0, 2.0], [1, 3]) == {"pearson": None, "spearman": None}
    assert cells(glue.POSED["cola"], [1, 1, 0], [1, 0, 0]) == {"tp": 1, "fp": 1, "fn": 0, "tn": 1}
    assert cells(glue.POSED["stsb"], [1.0], [2.0]) is None
    found = majority(glue.Task("WNLI", ("0", "1")), glue_data.read(files, "wnli"))
    assert found == {"answer": 0, "dev": {"accuracy": 0.6667}}
    assert answers_of(glue.POSED["sst2"], torch.tensor([[0.0, 1.0], [3.0, 1.0]])) == [1, 0]


def test_every_row_is_in_one_batch_and_comes_back_in_order():
    random = np.random.default_rng(0)
    rows = [(random.integers(5, 90, n).tolist(), [0] * n) for n in random.integers(1, 40, 150)]
    cut = batches(rows, 100, seed=1, epoch=2)
    assert sorted(i for b in cut for i in b) == list(range(150)) and cut != batches(rows, 100, seed=1, epoch=3)
    sums = apply(lambda ids, segments, mask: (ids * mask).sum(1, keepdim=True), rows, tokens=100)
    assert sums[:, 0].tolist() == [sum(ids) for ids, _ in rows]


# --- probes ----------------------------------------------------------------------------------------------------------
def test_the_probe_is_scikit_learns_logistic_regression():
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 5))
    y = (x @ [1.0, -2, 0, 0.5, 0] + random.normal(size=200) > 0).astype(float)
    for penalty in (1e-1, 1e-3):
        layer = probe.fit(glue.POSED["sst2"], torch.tensor(x), torch.tensor(y), penalty)
        theirs = LogisticRegression(C=1 / (penalty * len(x)), tol=1e-10).fit(x, y)  # two rows of weights: w and -w
        ours = layer(torch.tensor(x)).softmax(-1)[:, 1].detach().numpy()
        assert ours == pytest.approx(theirs.predict_proba(x)[:, 1], abs=5e-4)  # losses are float32


def test_a_probe_finds_what_is_there_and_is_seeded():
    random = torch.Generator().manual_seed(0)
    x = torch.randn(400, 6, generator=random)
    score = 5 * (x[:, 2] - x[:, 4]).sigmoid()
    outputs, penalty = probe.probe(glue.POSED["stsb"], x[:300], score[:300], x[300:], seed=1)
    found = answers_of(glue.POSED["stsb"], outputs)
    assert scores(glue.POSED["stsb"], found, score[300:].tolist())["pearson"] > 0.99
    assert penalty == min(probe.PENALTIES)  # there is no noise to be kept out
    again, _ = probe.probe(glue.POSED["stsb"], x[:300], score[:300], x[300:], seed=1)
    assert torch.equal(outputs, again)


def test_features_are_computed_once(files, small, tmp_path, monkeypatch):
    data, path = glue_data.read(files, "stsb"), tmp_path / "f" / "stsb.safetensors"
    found = probe.features(small, data, path, "no")
    e = data.dev[4]
    assert torch.allclose(found["dev"][4], small.trace(e.text, e.pair).hidden[-1].mean(0), atol=1e-5)
    assert torch.allclose(found["dev.second"][4], small.trace(e.pair).hidden[-1].mean(0), atol=1e-5)
    u, v = found["train.first"], found["train.second"]
    assert torch.equal(probe.compared(found, "train"), torch.cat([(u - v).abs(), u * v], 1))
    assert probe.cosines(found, "train")[3] == pytest.approx(float(u[3] @ v[3] / u[3].norm() / v[3].norm()), abs=1e-5)
    with monkeypatch.context() as m:
        m.setattr(probe, "apply", None)
        again = probe.features(small, data, path, "no")
        assert all(torch.equal(found[k], again[k]) for k in found | again)
    fewer = probe.features(small, replace(data, dev=data.dev[:9]), path, "no")  # other data: computed again
    assert len(fewer["dev"]) == 9 and len(fewer["train"]) == len(data.train)


# --- one run ---------------------------------------------------------------------------------------------------------
QUICK = Settings("lora", epochs=15, batch_tokens=160, peak=2e-2, points=2, precision="no")


def rows_of(reader, examples):
    return Rows(probe.encode(reader, examples), torch.tensor([e.answer for e in examples]))


@pytest.fixture
def sst2(files, small):
    data = glue_data.read(files, "sst2")
    return rows_of(small, data.train), rows_of(small, data.dev)


@pytest.mark.parametrize("begin", ["lora", "pretrained", "random"])
def test_it_learns_and_leaves_the_encoder_alone(sst2, small, begin):
    before = {n: p.clone() for n, p in small.encoder.state_dict().items()}
    settings = replace(QUICK, start=begin, peak=QUICK.peak if begin == "lora" else 5e-3)
    model, run = fine_tune(glue.POSED["sst2"], small.encoder, *sst2, settings, seed=0)
    assert run["dev"]["accuracy"] >= 0.9 and run["curve"][-1]["train_loss"] < run["curve"][0]["train_loss"]
    assert [p["step"] for p in run["curve"]][-1] == run["steps"] and sum(run["cells"].values()) == 30
    assert all(torch.equal(p, before[n]) for n, p in small.encoder.state_dict().items())
    assert (len(lora.adapters(model.encoder)) == 12) == (begin == "lora")
    for p in (*model.head.parameters(), *lora.adapters(model.encoder).values()):
        assert torch.equal(p, p.half().float())  # as they are saved
    predicted = answers_of(glue.POSED["sst2"], apply(model, sst2[1].rows))
    assert scores(glue.POSED["sst2"], predicted, sst2[1].answers.tolist()) == run["dev"]


def test_a_pair_with_a_score_is_learnt(files, small):
    data = glue_data.read(files, "stsb")
    train, dev = rows_of(small, data.train), rows_of(small, data.dev)
    _, run = fine_tune(glue.POSED["stsb"], small.encoder, train, dev, QUICK, seed=0)
    assert run["dev"]["pearson"] > 0.8 and run["cells"] is None


def test_lora_trains_adapters_and_head_only_and_begins_with_the_encoder(small):
    model = start(glue.POSED["sst2"], small.encoder, QUICK, seed=3)
    trained = {n for n, p in model.named_parameters() if p.requires_grad}
    assert trained == {n for n, _ in model.named_parameters() if "lora_" in n or n.startswith("head.")}
    ids, segments, mask = glue.pad([([101, 2003, 102], [0, 0, 0])])
    assert torch.equal(glue.pooled(model.encoder, ids, segments, mask), glue.pooled(small.encoder, ids, segments, mask))
    everything = start(glue.POSED["sst2"], small.encoder, replace(QUICK, start="pretrained"), seed=3)
    assert all(p.requires_grad for p in everything.parameters())
    assert torch.equal(everything.head.weight, model.head.weight)  # the seed decides
    with pytest.raises(ValueError, match="lora, pretrained, random"):
        fine_tune(glue.POSED["sst2"], small.encoder, None, None, replace(QUICK, start="x"), 0)


def test_random_weights_are_drawn_as_berts(small):
    model = start(glue.POSED["sst2"], small.encoder, replace(QUICK, start="random"), seed=0)
    layer = model.encoder.layers[0]
    assert model.encoder.embedding.token.weight.std().item() == pytest.approx(0.02, rel=0.02)
    assert layer.expand.weight.std().item() == pytest.approx(0.02, rel=0.2) and not layer.expand.bias.any()
    for norm in (layer.attention_norm, layer.feed_forward_norm, model.encoder.embedding.norm):
        assert (norm.weight == 1).all() and not norm.bias.any()
    other = start(glue.POSED["sst2"], small.encoder, replace(QUICK, start="random"), seed=1)
    assert not torch.equal(other.encoder.layers[0].expand.weight, layer.expand.weight)
    before = torch.get_rng_state()
    start(glue.POSED["sst2"], small.encoder, replace(QUICK, start="random"), seed=1)
    assert torch.equal(before, torch.get_rng_state())
    norm = torch.nn.LayerNorm(3).requires_grad_(False)
    norm.weight.fill_(7)
    forget(norm)
    assert norm.weight.tolist() == [1, 1, 1]


def test_fewer_examples_are_the_first_of_more():
    assert order(50, 3)[:10] == order(50, 3)[:10] != order(50, 4)[:10] and sorted(order(50, 3)) == list(range(50))


# --- the whole -------------------------------------------------------------------------------------------------------
PLAN = Plan(
    lora={name: replace(QUICK, epochs=2) for name in glue.POSED},
    curve=replace(QUICK, start="", epochs=0, points=1),
    epochs={"10": 2, "40": 1},
    rates=(1e-3, 1e-2),
    tuning=(30, 1),
)


def without_time(results):
    timeless = {k: v for k, v in results.items() if k not in ("minutes", "command", "date")}
    return timeless | {"runs": [{k: v for k, v in r.items() if k != "minutes"} for r in results["runs"]]}


def written(folder):
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


class Stopped(Exception):
    pass


ALL = ([*glue.POSED, "wnli"], STAGES, (0, 1))


def test_going_on_equals_never_having_stopped(files, small, tmp_path, monkeypatch):
    Experiment(PLAN, files, tmp_path / "whole", tmp_path / "work", show=False).run(*ALL)
    record = Experiment.record
    for runs in (1, 17, 9):  # stopped so many runs later, each time in a new process, so to speak
        left = iter(range(runs))

        def stop_after(self, left=left, **run):
            record(self, **run)
            if next(left, None) is None:
                raise Stopped

        with monkeypatch.context() as m, pytest.raises(Stopped):
            m.setattr(Experiment, "record", stop_after)
            Experiment(PLAN, files, tmp_path / "parts", tmp_path / "work", show=False).run(*ALL)
    Experiment(PLAN, files, tmp_path / "parts", tmp_path / "work", show=False).run(*ALL)
    whole, parts = written(tmp_path / "whole"), written(tmp_path / "parts")
    assert without_time(whole) == without_time(parts)
    for task in glue.SAVED:
        a, b = ((tmp_path / side / task / "model.safetensors").read_bytes() for side in ("whole", "parts"))
        assert a == b
    check_results(whole, tmp_path / "whole", small)


def check_results(results, out, reader):
    runs = results["runs"]
    count = {stage: sum(r["stage"] == stage for r in runs) for stage in {r["stage"] for r in runs}}
    assert count == {
        "probe": 10, "probe apart": 6, "lora": 10, "pretrained": 4, "random": 4,
        "tuning pretrained": 2, "tuning random": 2,
    }  # fmt: skip
    assert results["baselines"]["wnli"]["majority"]["dev"]["accuracy"] == 0.6667
    assert set(results["baselines"]["stsb"]) == {"cosine"} and len(results["data"]) == 6
    for stage in ("pretrained", "random"):
        tried = {r["peak"]: r["dev"]["accuracy"] for r in runs if r["stage"] == f"tuning {stage}"}
        (chosen,) = {r["peak"] for r in runs if r["stage"] == stage}
        assert set(tried) == {1e-3, 1e-2} and tried[chosen] == max(tried.values())
    g = glue.load("cola", out)
    data = glue_data.read(out.parent / "GLUE", "cola")
    predicted = [glue.POSED["cola"].labels.index(g.predict(e.text).label) for e in data.dev]
    run = next(r for r in runs if (r["task"], r["stage"], r["seed"]) == ("cola", "lora", 0))
    assert scores(g.task, predicted, [e.answer for e in data.dev]) == run["dev"]  # the judge is what was measured
    assert {p.name for p in out.iterdir()} == {"results.json", "CARD.md", *glue.SAVED}
    card = (out / "CARD.md").read_text(encoding="utf-8")
    assert "not GLUE's dev set" in card and "66.7%" in card and "| random |" in card
    two = [100 * r["dev"]["matthews"] for r in runs if (r["task"], r["stage"]) == ("cola", "lora")]
    assert f"{sum(two) / 2:.1f} ({min(two):.1f} to {max(two):.1f})" in card
    judged = [row for row in results["examples"] if row["task"] == "cola"]
    assert {row["task"] for row in results["examples"]} == set(glue.SAVED) and len(judged) == 12
    assert all(g.predict(row["text"]).label == row["label"] for row in judged)
    right = sum(row["label"] == row["answer"] for row in judged)
    assert f"CoLA: right in {right} of 12." in card and "| STS-B: first text |" in card


def test_nothing_is_done_twice_but_what_is_missing(files, small, tmp_path, monkeypatch):
    some = (["cola"], ["probe", "lora"], (0, 1))
    Experiment(PLAN, files, tmp_path / "out", tmp_path / "work", show=False).run(*some)
    before = written(tmp_path / "out")
    with monkeypatch.context() as m:
        m.setattr(Experiment, "record", None)
        Experiment(PLAN, files, tmp_path / "out", tmp_path / "work", show=False).run(*some)
    assert without_time(written(tmp_path / "out")) == without_time(before)
    (tmp_path / "out" / "cola" / "config.json").unlink()
    Experiment(PLAN, files, tmp_path / "out", tmp_path / "work", show=False).run(*some)
    after = written(tmp_path / "out")
    assert len(after["runs"]) == len(before["runs"]) == 4
    assert glue.load("cola", tmp_path / "out").predict("This is fine.").label in glue.POSED["cola"].labels
    assert "Not measured." in (tmp_path / "out" / "CARD.md").read_text(encoding="utf-8")


def test_runs_of_another_plan_or_other_data_are_not_mixed(files, small, tmp_path):
    Experiment(PLAN, files, tmp_path, tmp_path / "work", show=False).run(["cola"], ["probe"], (0,))
    with pytest.raises(ValueError, match="another plan"):
        Experiment(PLAN.computed_in("bf16"), files, tmp_path, tmp_path, show=False)
    lines = (files / "CoLA" / "in_domain_dev.tsv").read_text(encoding="utf-8").split("\n")
    (files / "CoLA" / "in_domain_dev.tsv").write_text("\n".join(lines[1:]), encoding="utf-8")
    with pytest.raises(ValueError, match="other data of cola"):
        Experiment(PLAN, files, tmp_path, tmp_path, show=False).run(["cola"], ["probe"], (0,))


def test_what_cannot_be_run_is_refused(files, small, tmp_path):
    with pytest.raises(ValueError, match="chooses the learning rates"):
        Experiment(PLAN, files, tmp_path, tmp_path, show=False).run(["sst2"], ["curve"], (100,))
    much = replace(PLAN, epochs={"1000": 1})
    with pytest.raises(ValueError, match="120 examples"):
        Experiment(much, files, tmp_path, tmp_path, show=False).run(["sst2"], ["curve"], (0,))


def test_the_command_line(files, small, tmp_path, capsys):
    __main__.main([
        "--data", str(files), "--out", str(tmp_path / "out"), "--work", str(tmp_path / "work"),
        "--tasks", "stsb", "wnli", "--stages", "probe", "--seeds", "5", "--precision", "no", "--threads", "1",
    ])  # fmt: skip
    results = written(tmp_path / "out")
    assert [(r["stage"], r["seed"]) for r in results["runs"]] == [("probe", 5), ("probe apart", 5)]
    assert results["plan"] == json.loads(json.dumps(asdict(Plan().computed_in("no"))))
    assert "run 2 of 2: task stsb" in capsys.readouterr().out
    assert str(files) not in (tmp_path / "out" / "results.json").read_text(encoding="utf-8")
