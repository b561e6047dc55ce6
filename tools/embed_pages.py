#!/usr/bin/env python3
"""Turns the built pages into a C file: embed_pages.py OUT.c FOLDER [--not-built]

Per page: its bytes and its gzip form, included by the assembler with .incbin (a C array of the same size takes seconds to
compile), their ends, and an ETag from the content. The report page is cut in two at the place where the document goes.
--not-built writes short pages that say so into FOLDER first.
"""
import gzip
import hashlib
import json
import pathlib
import sys

PLACE = b"@KEDGE_REPORT@"
NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kedge</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:4em auto;padding:0 1em}</style></head>
<body><h1>This page was not built</h1>
<p>This program was configured with <code>-Dweb=false</code>, so it carries no pages. Everything that they show is in %s.</p>
%s</body></html>
"""
INSTEAD = {
    "report": ("the document below, which is the report as JSON",
               '<pre id="shown"></pre><script type="application/json" id="report">@KEDGE_REPORT@</script>\n'
               '<script>document.getElementById("shown").textContent = '
               'JSON.stringify(JSON.parse(document.getElementById("report").textContent), null, 2)</script>\n'),
    "docs": ('<a href="/openapi.json">/openapi.json</a>', ""),
    "index": ('<a href="/api/kedge/models">/api/kedge/models</a> and '
              '<a href="/api/kedge/analyses">/api/kedge/analyses</a>', ""),
}


def cut(report):
    if report.count(PLACE) != 1:
        sys.exit(f"report.html must hold {PLACE.decode()} once, not {report.count(PLACE)} times")
    return report.split(PLACE)


def blob(name, path):
    return [f".globl web_blob_{name}", f".globl web_blob_{name}_end", f"web_blob_{name}:", f'.incbin "{path.as_posix()}"',
            f"web_blob_{name}_end:", ".byte 0"]


def main():
    out, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    is_built = "--not-built" not in sys.argv
    if not is_built:
        folder.mkdir(parents=True, exist_ok=True)
        for name, words in INSTEAD.items():
            (folder / f"{name}.html").write_text(NOT_BUILT % words)

    blobs = {}
    blobs["report_prefix"], blobs["report_suffix"] = cut((folder / "report.html").read_bytes())
    for name in ("docs", "index"):
        html = (folder / f"{name}.html").read_bytes()
        blobs[name] = html
        # No time in the header: the same sources give the same program.
        blobs[f"{name}_gzip"] = gzip.compress(html, 9, mtime=0)
        blobs[f"{name}_etag"] = f'"{hashlib.sha256(html).hexdigest()[:32]}"'.encode()

    lines = [".pushsection .rodata"]
    for name, data in blobs.items():
        path = folder / f"{name}.blob"
        path.write_bytes(data)
        lines += blob(name, path)
    lines += [".globl web_blob_built", "web_blob_built:", f".byte {int(is_built)}", ".popsection"]
    quoted = ["    " + json.dumps(line + "\n") for line in lines]
    out.write_text("/* Made by tools/embed_pages.py. */\n__asm__(\n" + "\n".join(quoted) + ");\n")


if __name__ == "__main__":
    main()
