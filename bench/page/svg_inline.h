/* A chart's SVG file as a part of an HTML document: without its prolog, sized by the page,
 * named for screen readers, and with ids of its own, because every gnuplot picture calls its
 * marks gpPt0, gpPt1 ... */
#pragma once

#include "lib/base/err.h"
#include "bench/base/writer.h"

/* Append svg (len bytes, NUL after them) as one <svg role="img"> element. prefix goes in front of
 * every id and of every reference to one; title is what is read aloud, and replaces the
 * <title>s of the file. Comments and what belongs to XML alone are left out.
 *
 * 0; PL_EPROTO when it is not SVG, or holds what could run or fetch something inside a
 * page: scripts, styles, event attributes, links, foreign or unknown elements. Nothing was
 * appended then; use svg_embed(). PL_ENOMEM. */
int svg_inline(struct writer *w, const char *svg, size_t len, const char *prefix,
               const char *title);

/* Append it as <img> with the whole file in a data: URL (RFC 2397): a picture that can't do
 * anything, nor share anything with the page. */
void svg_embed(struct writer *w, const void *svg, size_t len, const char *title);
