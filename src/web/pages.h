/* web/pages.h - the pages that ui/ builds, embedded in the program: the report, the API documentation, the overview.
 *
 * Each page is one self-contained HTML text: its scripts and styles are inside, it loads nothing from elsewhere, and a
 * Content-Security-Policy in its head holds it to that. All bytes here are constants of the program: borrowed, valid
 * until it ends, the same for every thread. A build with -Dweb=false carries short pages that say so instead. */
#ifndef WEB_PAGES_H
#define WEB_PAGES_H

#include <stdbool.h>

#include "base/str.h"

/* A page as HTTP serves it. `gzip` holds the same bytes compressed (Content-Encoding: gzip), `etag` a strong
 * validator of `html` in its quotes, ready for the header. */
struct web_page {
    str html;
    str gzip;
    str etag;
};

/* The report page around its document: write `prefix`, the document of docs/report.md, `suffix`.
 *
 * The document stands inside <script type="application/json">, where HTML sees three things that JSON does not:
 * "</script", "<!--" and "<script". The writer therefore prints '<' inside JSON texts as \u003c (escaping only "</"
 * as "<\/" is not enough: a column named "<!--<script>" would swallow the rest of the page). */
struct web_report {
    str prefix;
    str suffix;
};

/* O(1), never fails. */
struct web_report web_page_report(void);

/* The page behind GET /docs: renders the OpenAPI document that it fetches from /openapi.json. */
struct web_page web_page_docs(void);

/* The page behind GET /ui/: models and analyses, read from /api/kedge/models and /api/kedge/analyses. */
struct web_page web_page_index(void);

/* Whether the pages are the real ones (-Dweb=true), for `kedge --version` and for messages. */
bool web_pages_are_built(void);

#endif
