/* The commit that a program was built from, as git describes it, or "unknown": a tarball has no
 * git_describe.h, which the Makefile writes into build/gen. Few files include this one, as each is
 * compiled again at every commit; the Makefile names them. */
#pragma once

#ifdef __has_include
#if __has_include("git_describe.h")
#include "git_describe.h"
#endif
#endif
#ifndef PUSHLAB_GIT_DESCRIBE
#define PUSHLAB_GIT_DESCRIBE "unknown"
#endif
