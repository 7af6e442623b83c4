"""An Amazon-Drive-compatible server.

What nobody could say of the real service is decided here, in one place:

- A name may be 1 to 280 code points long and hold anything but `/` and NUL. Too long is
  400 with Amazon's own words; a forbidden character is 403, for clients repeat a 400.
- Names clash by `str.lower()`; Unicode normal forms are different names.
- A cycle is 403, a parent in the trash 403 (on restore 409), an unknown one Amazon's 400.
- A node is in the trash if it was put there, or if all its folders are.
- A node taken out of its last folder stays, without parents.
- Trashed bytes count until they are purged, after 30 days. Apps cannot purge.
- An owner of properties that is no registered application's name is open to all
  applications; another application's properties are invisible, and changing them is 403.
- An overwrite is never refused as a duplicate; an empty chunked upload is accepted.
- A range that starts at byte 0 of an empty file is answered with 206 and no bytes, for
  rclone takes no 416; but with 416 to acd_cli, which would ask for ever. Any later
  start is 416.
- `maxNodes` of the change feed ends the answer with `{"end":false}`: call again.
- The host names Amazon used are served as if they were ours, under https, so that a
  stock client can be led here by a TLS proxy without any option.
- Purging is for users themselves, signed in by cookies, and only what is in the trash.
- The search of pictures is over files; what Amazon recognised in them matches nothing. A
  picture without a date counts as taken when it came. Times are grouped as `2023`,
  `2023-08`, `2023-08-14`.
- Only clients that say `resourceVersion=V2` see albums. Files are shown in an album and do
  not live there; it is in no folder, and another may have its name.
- Size, date and thumbnail of a picture are read after the upload was answered: its place
  in the change feed moves then, its version does not. Assets are in no change feed.
- `bulk/nodeByDigest` answers like a list, `batchLink` with a link to a zip file.
- After a jump of the clock (back, or more than a week ahead) nothing is deleted because
  of its age for a day. Tokens and links issued in the future are not accepted, `modifiedDate`
  never goes back.
- `check --repair` purges a file whose content is gone, and keeps changed content as a new
  version under `NAME (damaged).EXT`; nothing is deleted, it goes to `DIR/lost-and-found`.
- It does not start, nor repair, where `content` is bare and the index knows files there: a
  disk is not mounted; nor with a journal beside the index that is another one's, which a
  repair puts out of the way. Once the index was moved or replaced, every change is 500.
- A checkpoint of changes that are lost, for a backup was put back, resets the change feed;
  so does one of another user's.
- Beyond Amazon's there are `/healthz`, and with `--metrics` `/metrics`, which is 404 to
  whoever is neither on this machine nor has the token.
- A rate limit counts requests by user and application, lets a burst of the whole number
  through, and answers 429 with Retry-After.
- The parts of an upload may come in either order, but only one whose metadata came first
  can be gone on with. `size` and `md5` in the metadata are checked when they are given.
- An upload with `localId` and a `size` can be gone on with as soon as a byte of it is on
  disk; if the server was killed, as soon as a MiB was. Its announced size counts against
  the quota. It is given up after 7 days without a visit, or if what it becomes is refused.
  Only the application that began it may go on; to others it is not there.
- `Content-Range` must go on exactly at `receivedBytes` (else 416), may end before the end
  (200 with the progress), and completes the node with 201. While somebody is at it, others
  get 429. Of an upload that has all its bytes but no end the last byte is wanted again.
- A second upload with the `localId` of one that broke off begins anew, for the same node;
  with that of a node, even a purged one, it is 409 with `info.nodeId`. A completed upload
  is in the state `COMPLETED`. Local ids are each user's own.
- `If-Match` takes `eTagResponse` or the ETag of the content, in quotes or bare.
- Under scopes for classes of files alone (`clouddrive:read_image` and the like; by content
  type, as `account/usage` counts) files of other classes are not there, to be read or to be
  written, whoever made them. Folders and albums are, for nobody finds a file without them;
  what is done to a folder is done to all in it, and a name or content that clashes with a
  hidden file's is 409. A file whose class changes leaves without a word in the change feed.
  With `clouddrive:read_all`, or with no scope to read, nothing is hidden.
- A user's name is told only under the scope `profile`.
- A refresh token is not replaced when it is used, as Amazon's was not; a new password, or
  a code that comes twice, ends it. A code that comes with a wrong verifier is used up.
- Request bodies with a Content-Encoding are 415; no Host, or two, is 400, a foreign one 421.
- Of more than 4096 connections the longest idle has to go; if none is idle, the answer is 503.
"""
