"""Text: which encoding and which delimiter, by what comes out."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from functools import cache
from itertools import islice

from ingest.reading.blocks import dialect
from ingest.reading.faults import UnreadableFileError
from ingest.reading.headers import HEADER_SEARCH, header_key
from ingest.reading.opening import Opened
from ingest.spec import Read

SAMPLE_BYTES = 512 * 1024
PIECE_BYTES = 4 * 1024 * 1024
BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
DELIMITERS = (",", "\t", "|", ";")
ORDINARY = b"\t\n\r\x00\x0c\x1a"
UNDECODABLE_SHARE = 0.001
"""More damaged characters than this and it is another encoding."""


@cache
def _weight(character: str) -> float:
    """How likely a character is in a dealership's files: 1 for what people write, below 0 for what nobody does."""
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF or code == 0xFFFD:
        return -2.0  # could not be decoded
    if code < 0x20 or 0x7F <= code < 0xA0 or 0xE000 <= code <= 0xF8FF or code in (0xFFFE, 0xFFFF):
        return -1.0  # control, private use
    if 0x4E00 <= code <= 0x9FFF:
        for encoding, first, last in (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6)):
            try:
                if first <= character.encode(encoding)[0] <= last:
                    return 1.0  # the frequent half of the simplified and of the traditional set
            except UnicodeEncodeError:
                continue
        return 0.1
    if 0x3000 <= code <= 0x303F or 0xFF00 <= code <= 0xFFEF or 0x2010 <= code <= 0x2040 or code in (0xA5, 0xB7):
        return 0.9  # punctuation and full-width forms
    if 0xC0 <= code <= 0x17F:
        return 0.5  # letters with accents
    return 0.2


def plausibility(text: str, encoding: str) -> float:
    """How much a text looks like what people write, over its characters beyond ASCII; 1 if there are none."""
    beyond = [
        character for character in text if character > "\x7f" or (character < " " and character not in "\r\n\t\0")
    ]
    if not beyond:
        return 1.0
    if encoding == "latin-1":  # letters with accents stand in words, not in heaps
        pairs = sum(one > "\x7f" and two > "\x7f" for one, two in zip(text, islice(text, 1, None), strict=False))
        return sum(map(_weight, beyond)) / len(beyond) - pairs / len(beyond)
    return sum(map(_weight, beyond)) / len(beyond)


def choose_encoding(opened: Opened, options: Read, wanted: set[str]) -> str:
    """The encoding under which most known headers appear and the text reads like text; not the first that fits.

    Big5 and Latin-1 bytes also "decode" as GB18030. Raises UnreadableFileError if none makes sense.
    """
    data = _sample(opened)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    best: tuple[tuple[int, float], str] | None = None
    for encoding in _candidates(options.encodings, data):
        try:
            text = codecs.getincrementaldecoder(encoding)(errors="surrogateescape").decode(data)
        except UnicodeError:
            continue
        broken = sum("\udc80" <= character <= "\udcff" for character in text)
        if broken > max(3, len(text) * UNDECODABLE_SHARE):  # one cut character leaves up to three bytes
            continue
        found = max((headers_found(text, delimiter, options, wanted) for delimiter in delimiters(options)), default=0)
        score = (found, round(plausibility(text[:100_000], encoding), 3))
        if encoding.startswith("utf-16") and score[1] < 0.5:
            continue  # any bytes are some text in UTF-16
        if best is None or score > best[0]:
            best = (score, encoding)
    control = 0 if best and best[1].startswith("utf-16") else sum(byte < 0x20 and byte not in ORDINARY for byte in data)
    if best is None or control * 50 > len(data):  # a picture, a program: no text at all
        tried = "、".join(options.encodings)
        raise UnreadableFileError(
            "file:unreadable",
            f"文件编码无法识别(已试 {tried})",
            f"the text is in none of the encodings {', '.join(options.encodings)}",
        )
    return best[1]


def _sample(opened: Opened) -> bytes:
    """The first bytes of a text; if they are all ASCII, its first lines and what begins with its first other byte."""
    with opened.open() as stream:
        data = piece = stream.read(SAMPLE_BYTES)
        if len(data) == SAMPLE_BYTES and b"\0" not in data:
            while piece and piece.isascii():
                piece = stream.read(PIECE_BYTES)
            if piece is not data and piece:
                beyond = BEYOND_ASCII.search(piece)
                data = data[: SAMPLE_BYTES // 16] + piece[beyond.start() if beyond else 0 :] + stream.read(SAMPLE_BYTES)
    return data[:SAMPLE_BYTES]


def _candidates(encodings: tuple[str, ...], data: bytes) -> Iterator[str]:
    for encoding in encodings:
        if not encoding.startswith("utf-16"):
            yield encoding
        elif b"\0" in data and len(data) % 2 == 0:  # without a byte order mark: either order
            yield from ("utf-16-le", "utf-16-be")


def delimiters(options: Read) -> tuple[str, ...]:
    """The declared delimiter, or all that are tried."""
    return DELIMITERS if options.delimiter == "auto" else (options.delimiter,)


def headers_found(text: str, delimiter: str, options: Read, wanted: set[str]) -> int:
    """Most known headers in one of the first records, if the text is cut at this delimiter."""
    top = csv.reader(io.StringIO(text[:20_000].replace("\0", ""), newline=""), **dialect(delimiter, options))
    found = 0
    try:
        for record in islice(top, HEADER_SEARCH):
            found = max(found, len(wanted & set(map(header_key, record))))
    except csv.Error:
        pass
    return found


def choose_delimiter(opened: Opened, encoding: str, options: Read, wanted: set[str]) -> str:
    """The declared delimiter, else the one that shows most known headers (most fields, in a file without header)."""
    if options.delimiter != "auto":
        return options.delimiter
    data = opened.head(64 * 1024)
    text = codecs.getincrementaldecoder(encoding)(errors="surrogateescape").decode(data).replace("\0", "")
    first = text.lstrip("\ufeff")[:6].lower()
    if first.startswith("sep=") and len(first) > 4:  # Excel's own way to say it
        return first[4]
    if options.names:
        line = next((line for line in text.splitlines() if line.strip()), "")
        return max(DELIMITERS, key=line.count)
    return max(DELIMITERS, key=lambda delimiter: headers_found(text, delimiter, options, wanted))
