# pushlab: `make` builds, `make bench` runs the comparison, `make test` proves it, `make help` lists the rest.
VERSION  := 0.1.0
PREFIX   ?= /usr/local
DESTDIR  ?=
CC       ?= cc
BUILD    ?= build
VARIANT  ?= release
OUT      := $(BUILD)/$(VARIANT)
Q        := $(if $(V),,@)
say       = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

DEPS_PC  := libevent_core libevent_openssl libcjson libssl libcrypto zlib
LLHTTP   := $(firstword $(wildcard /usr/share/llhttp/llhttp.c))
STD      := -std=c11 -D_GNU_SOURCE
WARN     := -Wall -Wextra -Werror -Wshadow -Wpedantic -Wmissing-prototypes -Wstrict-prototypes -Wvla
OPT.release := -O2 -g -DNDEBUG
OPT.asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
OPT.fuzz    := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
CFLAGS   ?= $(OPT.$(VARIANT))
INCLUDE  := -Ilib -Iservers -Iclients -Ibench -I$(BUILD)/gen
PKG_CFLAGS = $(shell pkg-config --cflags $(DEPS_PC) 2>/dev/null) $(if $(LLHTTP),-isystem /usr/share/include/llhttp)
PKG_LIBS   = $(shell pkg-config --libs $(DEPS_PC) 2>/dev/null) $(if $(LLHTTP),,-lllhttp) -lm
DEFS     := -DPUSHLAB_VERSION='"$(VERSION)"' -DPUSHLAB_DATADIR='"$(PREFIX)/share/pushlab"'
ALL_CFLAGS = $(STD) $(WARN) $(CFLAGS) $(INCLUDE) $(PKG_CFLAGS) $(DEFS) -MMD -MP
LDFLAGS  ?=

# One archive per room; a program is its main.o and the rooms it may depend on.
src       = $(filter-out $(1)/main.c,$(wildcard $(1)/*.c))
objs      = $(patsubst %.c,$(OUT)/%.o,$(1))
LIB      := $(OUT)/lib.a
SERVERS  := $(OUT)/servers.a
CLIENTS  := $(OUT)/clients.a
BENCH    := $(OUT)/bench.a
LINK     := $(OUT)/link.a
PROGRAMS := $(addprefix $(OUT)/,pushlab pushlab-server pushlab-client $(if $(wildcard bench/link/main.c),pushlab-link))
UNIT     := $(patsubst tests/%.c,$(OUT)/tests/%,$(wildcard tests/test_*.c))
FUZZERS  := $(patsubst tests/fuzz/%.c,$(OUT)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
SELF     := $(patsubst bench/self/%.c,$(OUT)/self/%,$(wildcard bench/self/*.c))

.PHONY: all deps test unit e2e bench bench-smoke bench-self fuzz asan install format lint compile_commands.json clean help
.DEFAULT_GOAL := all
.SECONDARY:

all: deps-build ## build the programs into build/release
	$(Q)$(MAKE) --no-print-directory programs

programs: $(PROGRAMS) $(SELF)

deps-build deps-bench deps-test: deps-%: ## install what is missing (apt), or say what to type
	$(Q)./bench/deps.sh $*

$(OUT)/pushlab: $(OUT)/bench/main.o $(BENCH) $(LINK) $(LIB)
$(OUT)/pushlab-server: $(OUT)/servers/main.o $(SERVERS) $(LIB)
$(OUT)/pushlab-client: $(OUT)/clients/main.o $(CLIENTS) $(LIB)
$(OUT)/pushlab-link: $(OUT)/bench/link/main.o $(LINK) $(LIB)
$(OUT)/pushlab $(OUT)/pushlab-server $(OUT)/pushlab-client $(OUT)/pushlab-link:
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(PKG_LIBS)

$(LIB): $(call objs,$(call src,lib)) $(if $(LLHTTP),$(addprefix $(OUT)/llhttp/,llhttp.o api.o http.o))
$(SERVERS): $(call objs,$(call src,servers))
$(CLIENTS): $(call objs,$(call src,clients))
$(BENCH): $(call objs,$(call src,bench))
$(LINK): $(call objs,$(call src,bench/link))
$(OUT)/%.a:
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(OUT)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -c -o $@ $<

# Debian 12 ships llhttp as C sources (package node-llhttp): not ours, so not under our warnings.
# Strict mode is chosen when compiling it; without, it takes bare LF and much else.
$(OUT)/llhttp/%.o: /usr/share/llhttp/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) -O2 -g -DLLHTTP_STRICT_MODE=1 $(PKG_CFLAGS) -c -o $@ $<

$(OUT)/tests/%: $(OUT)/tests/%.o $(BENCH) $(LINK) $(SERVERS) $(CLIENTS) $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) $$(pkg-config --libs check)

$(OUT)/fuzz/%: tests/fuzz/%.c $(BENCH) $(LINK) $(SERVERS) $(CLIENTS) $(LIB)
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -fsanitize=fuzzer -o $@ $(filter %.c %.a,$^) $(PKG_LIBS)

$(OUT)/self/%: $(OUT)/bench/self/%.o $(LIB)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
