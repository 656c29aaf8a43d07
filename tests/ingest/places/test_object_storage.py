"""Object storage: only with the connection's own key, and never another bucket's word for an empty folder."""

from __future__ import annotations

import pytest

from ingest.places import SourceDownError, open_folder


def told(connect, place: dict) -> str:
    connect(place)
    with pytest.raises(SourceDownError) as caught:
        open_folder("picc_outbox").files()
    text = caught.value.zh + caught.value.en
    assert "NobodySees" not in text and "picc_outbox" in text
    return text


def test_a_folder_of_many_files_is_listed_whole(s3, connect) -> None:
    for number in range(25):  # this server lists ten at a time
        s3["client"].put_object(Bucket="insurers", Key=f"many/{number:04d}.csv", Body=b"x")
    connect({**s3["place"], "extra": {**s3["place"]["extra"], "path": "insurers/many"}})
    assert len(open_folder("picc_outbox").files()) == 25


def test_keys_with_odd_names_come_in_under_safe_ones(s3, connect) -> None:
    for name in ("保单 #1?.csv", "a\\b.csv", "..", "100%25.csv", "deeper/c.csv"):
        s3["client"].put_object(Bucket="insurers", Key=f"odd/{name}", Body=name.encode())
    connect({**s3["place"], "extra": {**s3["place"]["extra"], "path": "insurers/odd/"}})
    files = {file.name: b"".join(file.chunks()).decode() for file in open_folder("picc_outbox").files()}
    assert files["保单 #1?.csv"] == "保单 #1?.csv" and files["100%25.csv"] == "100%25.csv"
    assert sorted(files.values()) == sorted(["保单 #1?.csv", "a\\b.csv", "100%25.csv"])
    assert not [name for name in files if "\\" in name or ".." in name]


def test_a_bucket_that_is_not_there_is_told(s3, connect) -> None:
    place = {**s3["place"], "extra": {**s3["place"]["extra"], "path": "no-such-bucket/x"}}
    assert "no such folder" in told(connect, place)


def test_storage_that_is_down_unencrypted_or_unnamed_is_told_without_its_key(s3, connect) -> None:
    extra = s3["place"]["extra"]
    down = {**extra, "endpoint_url": "http://127.0.0.1:9", "timeout_seconds": 1}
    assert "cannot be listed" in told(connect, {**s3["place"], "extra": down})
    plain = {**extra, "endpoint_url": "http://storage.example"}
    assert "not encrypted" in told(connect, {**s3["place"], "extra": plain})
    assert "names no bucket" in told(connect, {**s3["place"], "extra": {**extra, "path": "/"}})
    assert "'endpoint'" in told(connect, {**s3["place"], "extra": {**extra, "endpoint": "SecretNobodySees"}})


def test_a_key_of_this_machine_is_not_sent_to_a_stranger(s3, connect, monkeypatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OursAlone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "OursAlone")
    connect({**s3["place"], "login": "", "password": ""})
    assert open_folder("picc_outbox").place.anon
