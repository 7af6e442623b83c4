"""What the service sends, read with tolerance.

Unknown keys are ignored, missing ones have a default, and one of the wrong type costs
that key alone, never the whole answer (amazon-drive-api.md §3, §4.1, §4.14). Nodes come by
the million and form no circles, so the garbage collector need not look at them.
"""

from __future__ import annotations

import functools
import json
from typing import Any, TypeVar

import msgspec


class ContentProperties(msgspec.Struct, rename="camel", gc=False):
    """What the service knows of a file's bytes; `md5` is lower-case hex (§3.3)."""

    size: int | None = None
    md5: str | None = None
    content_type: str | None = None
    extension: str | None = None
    version: int | None = None
    content_date: str | None = None
    image: dict[str, Any] | None = None
    video: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 0:
            self.size = None
        if self.md5 is not None:
            self.md5 = self.md5.lower()


class Node(msgspec.Struct, rename="camel", gc=False):
    """A file, folder or asset (§3.2).

    `name` is missing on the root; `content_properties` is missing while an upload is
    processed; `status` is in upper case whatever the service wrote. Dates are as sent,
    the older `creationDate` under `created_date`.
    """

    id: str = ""
    name: str | None = None
    kind: str = ""
    status: str = ""
    parents: list[str] = []
    version: int = 0
    created_date: str | None = None
    modified_date: str | None = None
    content_properties: ContentProperties | None = None
    properties: dict[str, dict[str, str]] | None = None
    is_root: bool = False
    labels: list[str] = []
    description: str | None = None
    created_by: str | None = None
    temp_link: str | None = None
    exclusively_trashed: bool | None = None
    recursively_trashed: bool | None = None
    # Names of early documents, folded into the fields above (§3.3, samples).
    early_date: str | None = msgspec.field(default=None, name="creationDate")
    early_size: int | None = msgspec.field(default=None, name="size")
    early_md5: str | None = msgspec.field(default=None, name="md5")
    early_type: str | None = msgspec.field(default=None, name="contentType")
    early_extension: str | None = msgspec.field(default=None, name="fileExtension")

    def __post_init__(self) -> None:
        if not self.status.isupper():
            self.status = self.status.upper()
        if self.is_root:
            self.kind = self.kind or "FOLDER"
            self.status = self.status or "AVAILABLE"
        if self.early_date is not None:
            self.created_date = self.created_date or self.early_date
            self.early_date = None
        if self.early_size is not None or self.early_md5 is not None:
            self._fold_early_content()

    def _fold_early_content(self) -> None:
        content = self.content_properties or ContentProperties()
        self.content_properties = ContentProperties(
            size=self.early_size if content.size is None else content.size,
            md5=content.md5 or self.early_md5,
            content_type=content.content_type or self.early_type,
            extension=content.extension or self.early_extension,
            version=content.version,
            content_date=content.content_date,
            image=content.image,
            video=content.video,
        )
        self.early_size = self.early_md5 = None
        self.early_type = self.early_extension = None


class NodeList(msgspec.Struct, rename="camel"):
    """One page of a listing; `count` is of all pages and not to be relied on (§4.1)."""

    count: int = 0
    data: list[Node] = []
    next_token: str | None = None

    def __post_init__(self) -> None:
        self.data = [node for node in self.data if node.id]
        self.next_token = self.next_token or None


class ChangeSet(msgspec.Struct, rename="camel"):
    """One line of the change stream (§4.14).

    Store `checkpoint` after the line's nodes; forget all that is known before applying
    a line with `reset`.
    """

    checkpoint: str | None = None
    reset: bool = False
    nodes: list[Node] = []
    status_code: int | None = None
    end: bool = False

    def __post_init__(self) -> None:
        self.nodes = [node for node in self.nodes if node.id]


class Endpoint(msgspec.Struct, rename="camel"):
    """Where the account's metadata and content live (§2.1); both end in `/`."""

    content_url: str = ""
    metadata_url: str = ""
    customer_exists: bool = True

    def __post_init__(self) -> None:
        self.content_url = _with_slash(self.content_url)
        self.metadata_url = _with_slash(self.metadata_url)


class Remembered(msgspec.Struct, frozen=True):
    """Such an answer, kept for another run of the program.

    Attributes:
        endpoint: what it said.
        asked: when, seconds since 1970.
        seal: of the sign-in that it was given to; see `api.hosts`.
    """

    endpoint: Endpoint
    asked: float
    seal: bytes


@functools.lru_cache(16)
def words_to_seal(endpoint_url: str, *words: str) -> bytes:
    """Return what a sign-in at a service is to seal for some words; see `api.hosts`."""
    return msgspec.json.encode((endpoint_url, *words))


class Info(msgspec.Struct, rename="camel"):
    """State of the account (§2.2)."""

    status: str | None = None
    terms_of_use: str | None = None


class Quota(msgspec.Struct, rename="camel"):
    """Bytes of the account, of all and still free (§2.2)."""

    quota: int | None = None
    available: int | None = None
    last_calculated: str | None = None


class Amount(msgspec.Struct, rename="camel"):
    """Bytes and number of files."""

    bytes: int = 0
    count: int = 0


class UsageClass(msgspec.Struct, rename="camel"):
    """What one class of files takes; `billable` is what counts against the quota."""

    total: Amount = msgspec.field(default_factory=Amount)
    billable: Amount = msgspec.field(default_factory=Amount)


class Usage(msgspec.Struct, rename="camel"):
    """What the account holds, by class; a new account's is empty (§2.2)."""

    other: UsageClass = msgspec.field(default_factory=UsageClass)
    doc: UsageClass = msgspec.field(default_factory=UsageClass)
    photo: UsageClass = msgspec.field(default_factory=UsageClass)
    video: UsageClass = msgspec.field(default_factory=UsageClass)
    last_calculated: str | None = None


M = TypeVar("M", bound=msgspec.Struct)

_decoders: dict[type, msgspec.json.Decoder[Any]] = {}


def decode(kind: type[M], data: bytes) -> M:
    """Read a JSON object as `kind`.

    Well-formed answers take the fast way; one with an odd value is read again key by
    key, and what does not fit is left out.

    Raises:
        ValueError: it is no JSON object at all.
    """
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind, strict=False)
    try:
        result: M = decoder.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return _decode_slowly(kind, data)
    return result


def _decode_slowly(kind: type[M], data: bytes) -> M:
    try:
        raw = json.loads(data.decode("utf-8", "replace"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(raw, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - a matter of the text
    return _lenient(kind, raw)


def _lenient(kind: type[M], raw: dict[str, Any]) -> M:
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        value = raw.get(field.encode_name)
        if value is None:
            continue
        inner = _LISTS_OF_STRUCTS.get((kind, field.name))
        struct = _STRUCTS.get((kind, field.name))
        try:
            if inner is not None:
                rows = value if isinstance(value, list) else []
                value = [_lenient(inner, row) for row in rows if isinstance(row, dict)]
            elif struct is not None:
                if not isinstance(value, dict):
                    continue
                value = _lenient(struct, value)
            else:
                value = msgspec.convert(_clean(value), field.type, strict=False)
        except (msgspec.ValidationError, ValueError):
            continue
        values[field.name] = value
    return kind(**values)


_LISTS_OF_STRUCTS: dict[tuple[type, str], type[msgspec.Struct]] = {
    (NodeList, "data"): Node,
    (ChangeSet, "nodes"): Node,
}
_STRUCTS: dict[tuple[type, str], type[msgspec.Struct]] = {
    (Node, "content_properties"): ContentProperties,
    (Usage, "other"): UsageClass,
    (Usage, "doc"): UsageClass,
    (Usage, "photo"): UsageClass,
    (Usage, "video"): UsageClass,
    (UsageClass, "total"): Amount,
    (UsageClass, "billable"): Amount,
}


def _clean(value: Any) -> Any:
    """Make half surrogate pairs, which JSON may spell, into U+FFFD."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-16-le", "surrogatepass").decode(
                "utf-16-le", "replace"
            )
    elif isinstance(value, list):
        return [_clean(item) for item in value]
    elif isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value


def _with_slash(url: str) -> str:
    return url if not url or url.endswith("/") else url + "/"
