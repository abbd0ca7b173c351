"""Each planted bad candidate is refused by the rule that is meant for it, and by no other."""

from __future__ import annotations

import dataclasses
import tarfile
from typing import TYPE_CHECKING, Any

import onnx
import pytest

from tests.tidegate.models import candidates
from tests.tidegate.models.candidates import MODEL, add, fitted, judged, made
from tidegate.models import archive
from tidegate.models.declare import Limits
from tidegate.models.gating import reasons_against, verdicts

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from tidegate.models.onnx_model import OnnxModel


@pytest.fixture(scope="module")
def champion(tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    return made(fitted(candidates.fit, tmp_path_factory.mktemp("champion")))


@pytest.fixture(scope="module")
def lesser(tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    return made(fitted(candidates.trees_without_b, tmp_path_factory.mktemp("lesser")))


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return fitted(candidates.fit, tmp_path)


def broken(report: dict[str, Any]) -> set[str]:
    return {one.rule for one in verdicts(report) if not one.passed}


def test_a_good_candidate_keeps_every_rule(good: Path, champion: OnnxModel) -> None:
    report = judged(good, champion)
    assert broken(report) == set()
    judged_by = {one.rule for one in verdicts(report)}
    assert judged_by >= {"floor", "champion", "slices", "calibration", "latency", "size", "parity"}


def test_the_first_version_has_no_champion_to_be_compared_with(good: Path) -> None:
    report = judged(good)
    assert broken(report) == set()
    assert {one.rule for one in verdicts(report)}.isdisjoint({"champion", "latency"})


def test_a_worse_model_is_refused_for_its_champion(tmp_path: Path, champion: OnnxModel) -> None:
    report = judged(fitted(candidates.without_b, tmp_path), champion)
    assert "champion" in broken(report) <= {"champion", "slices"}  # worse is worse for every carrier


def test_a_model_that_learned_little_is_refused_for_its_floor(tmp_path: Path) -> None:
    high = dataclasses.replace(MODEL, least_auc=0.75)
    assert broken(judged(fitted(candidates.without_a, tmp_path), model=high)) == {"floor"}


def test_a_model_that_is_better_overall_and_bad_for_one_carrier_is_refused_for_that_slice(
    tmp_path: Path, lesser: OnnxModel
) -> None:
    report = judged(fitted(candidates.wrong_for_one_carrier, tmp_path), lesser)
    assert report["over_champion"]["low"] > 0, "it is better than the champion overall"
    assert broken(report) == {"slices"}
    assert all(said.startswith(f"slices: carrier {candidates.ODD} ") for said in reasons_against(report))


def test_without_a_champion_a_slice_is_held_to_its_floor(tmp_path: Path) -> None:
    report = judged(fitted(candidates.wrong_for_one_carrier, tmp_path))
    assert broken(report) == {"slices"}
    assert "the floor is 0.5" in reasons_against(report)[0]


def test_a_miscalibrated_model_is_refused_for_its_calibration(tmp_path: Path, champion: OnnxModel) -> None:
    report = judged(fitted(candidates.too_sure, tmp_path), champion)
    assert abs(report["over_champion"]["auc"]) < 1e-6, "it ranks as the champion does"
    assert broken(report) == {"calibration"}


def test_a_huge_model_is_refused_for_its_size(tmp_path: Path) -> None:
    small = dataclasses.replace(MODEL, limits=Limits(onnx_bytes=20_000))
    assert broken(judged(fitted(candidates.many_trees, tmp_path), model=small)) == {"size"}


def test_a_slow_model_is_refused_for_its_latency(tmp_path: Path, champion: OnnxModel) -> None:
    report = judged(fitted(candidates.many_trees, tmp_path), champion)
    assert broken(report) == {"latency"}


def test_another_feature_schema_is_refused_before_anything_is_scored(tmp_path: Path) -> None:
    def other(rows: pl.DataFrame, lookups: Any) -> pl.DataFrame:
        return candidates.features(rows, lookups).rename({"b": "gust"})

    folder = fitted(candidates.fit, tmp_path, dataclasses.replace(MODEL, features=other))
    assert reasons_against(judged(folder)) == ["schema: it takes gust that nobody makes, and leaves out b"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("model.pkl", tarfile.REGTYPE),
        ("../model.onnx", tarfile.REGTYPE),
        ("/model.onnx", tarfile.REGTYPE),
        ("model.onnx", tarfile.SYMTYPE),
        ("model.json", tarfile.LNKTYPE),
        ("model.onnx", tarfile.CHRTYPE),
        ("code", tarfile.DIRTYPE),
    ],
)
def test_an_archive_that_holds_anything_else_is_refused(good: Path, name: str, kind: bytes) -> None:
    add(good, name, b"" if kind != tarfile.REGTYPE else b"cos\nsystem\n(S'true'\ntR.", kind)
    assert broken(judged(good)) == {"content"}


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00"])
def test_an_archive_that_cannot_be_read_is_refused(good: Path, content: bytes) -> None:
    (good / "model.tar.gz").write_bytes(content)
    assert broken(judged(good)) == {"content"}


def test_a_pickle_under_the_name_of_a_graph_is_refused(good: Path) -> None:
    (good / "made" / "model.onnx").write_bytes(b"\x80\x04\x95.")
    add(good, "./", b"", tarfile.DIRTYPE)
    assert broken(judged(good)) == {"content"}


def graph_of(node: onnx.NodeProto) -> bytes:
    floats = onnx.helper.make_tensor_value_info("features", onnx.TensorProto.FLOAT, [None, 1])
    graph = onnx.helper.make_graph([node], "graph", [floats], [])
    written: bytes = onnx.helper.make_model(graph).SerializeToString()
    return written


FOREIGN = onnx.helper.make_node("PyOp", ["features"], ["label"], domain="ai.onnx.contrib")


def test_a_graph_with_an_operator_of_somebody_elses_is_refused() -> None:
    with pytest.raises(archive.Refused, match="PyOp"):
        archive.refuse_code(graph_of(FOREIGN))


def test_a_graph_is_looked_through_before_anything_loads_it(good: Path, tmp_path: Path) -> None:
    (good / "made" / "model.onnx").write_bytes(graph_of(FOREIGN))
    add(good, "./", b"", tarfile.DIRTYPE)
    found = archive.admit(good, tmp_path / "into", [])
    assert isinstance(found, archive.Fault)
    assert "PyOp" in found.said


def test_a_constant_that_lies_in_another_file_is_refused_wherever_the_graph_names_it() -> None:
    passwords = onnx.TensorProto(name="passwords", dims=[1], data_type=onnx.TensorProto.FLOAT)
    passwords.data_location = onnx.TensorProto.EXTERNAL
    passwords.external_data.add(key="location", value="../../etc/passwd")
    constant = onnx.helper.make_node("Constant", [], ["label"], value=passwords)
    body = onnx.helper.make_graph([], "body", [], [], initializer=[passwords])
    loop = onnx.helper.make_node("If", ["features"], ["label"], then_branch=body, else_branch=body)
    for node in (constant, loop):
        with pytest.raises(archive.Refused, match="passwords"):
            archive.refuse_code(graph_of(node))


def test_a_fault_of_the_look_itself_is_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("no folder")
    found = archive.admit(tmp_path, tmp_path / "blocked" / "in", [])
    assert isinstance(found, archive.Fault)
    assert "cannot be looked through: NotADirectoryError" in found.said
