"""Reports over HTTP: the five files, and nothing else of the machine."""

import pytest
from starlette.testclient import TestClient

from flows.serving.reports import reports_app

PASSWORD = "eigenlead:s:e c√ret"


@pytest.fixture
def folder(tmp_path):
    reports = tmp_path / "out"
    for place in (reports / "a", reports / "nightly" / "b c"):
        place.mkdir(parents=True)
        for name in ("report.html", "report.json", "ranking.csv", "rejected.csv", "candidates.sdf", "request.json"):
            (place / name).write_text(f"{name} in {place.name}")
    (tmp_path / "report.json").write_text("secret")
    (reports / "link").symlink_to(tmp_path)
    (reports / "a" / "deep").mkdir()
    (reports / "a" / "deep" / "report.json").symlink_to("/etc/passwd")
    return reports


def test_the_five_files_are_served_with_careful_headers(folder):
    client = TestClient(reports_app(folder, None))
    types = {"report.html": "text/html", "report.json": "application/json", "ranking.csv": "text/csv"}
    for name, kind in types.items():
        for place, shown in (("a", "a"), ("nightly/b%20c", "b c")):
            found = client.get(f"/{place}/{name}")
            assert found.text == f"{name} in {shown}"
            assert found.headers["content-type"].startswith(kind)
            assert found.headers["x-content-type-options"] == "nosniff"
            assert "sandbox allow-scripts;" in found.headers["content-security-policy"]
    assert client.head("/a/report.html").is_success
    assert client.post("/a/report.html").status_code == 405
    assert client.put("/a/report.html", content="x").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/a", "/a/", "/a/request.json", "/nowhere/report.html", "/link/report.json", "/a/deep/report.json"),
        *("/../report.json", "/%2e%2e/report.json", "/a/..%2f..%2freport.json", "//etc/passwd", "/a/report.html%00"),
        *("/a/report.html/", "/..%5creport.json", "/" + "x" * 5000 + "/report.html"),
    ],
)
def test_nothing_else_is(path, folder):
    found = TestClient(reports_app(folder, None)).get(path)
    assert found.status_code == 404 or found.text == "report.html in a"  # a slash at the end is dropped
    assert "secret" not in found.text
    assert "root:" not in found.text


def test_the_password_is_asked_for_before_anything_is_told(folder):
    client = TestClient(reports_app(folder, PASSWORD))
    user, _, secret = PASSWORD.partition(":")
    for path in ("/a/report.html", "/nowhere"):
        refused = client.get(path)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Basic ")
        assert client.get(path, auth=(user, "s")).status_code == 401
        assert client.get(path, headers={"Authorization": "Basic ***"}).status_code == 401
        assert client.get(path, headers={"Authorization": f"Bearer {PASSWORD.encode().hex()}"}).status_code == 401
        assert client.get(path, auth=(user.encode(), secret.encode())).status_code in (200, 404)
