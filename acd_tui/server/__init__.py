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
- A range that starts at byte 0 of an empty file is answered with 206 and no bytes: one
  stock client takes nothing else, another takes no 416. Any later start is 416.
- `maxNodes` of the change feed ends the answer with `{"end":false}`: call again.
- The four host names Amazon used are served as if they were ours, under https, so that a
  stock client can be led here by a TLS proxy without any option.
"""
