/* Labels along the arrows of a ladder diagram: each tries a few places and takes the one that hides
 * least. */
#pragma once

#include "bench/ladder/ladder_page.h"

/* Make and place the captions of a page that has been laid out. 0 or PL_ENOMEM. */
int ladder_caption_make(struct ladder_page *p);
