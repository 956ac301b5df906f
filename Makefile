# pushlab: `make` builds, `make bench` runs the comparison, `make test` proves it, `make help` lists the rest.
VERSION  := 0.1.0
PREFIX   ?= /usr/local
# sh, unlike bash, leaves the ~ of PREFIX=~/x
override PREFIX := $(patsubst ~/%,$(HOME)/%,$(PREFIX))
DESTDIR  ?=
CC       ?= cc
BUILD    ?= build
VARIANT  ?= release
OUT      := $(BUILD)/$(VARIANT)
Q        := $(if $(V),,@)
# Programs are built by as many processes as there are cores, unless make was told a number.
J         = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
say       = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

DEPS_PC  := libevent_core libevent_openssl libcjson libssl libcrypto zlib hiredis gsl
LLHTTP   := $(firstword $(wildcard /usr/share/llhttp/llhttp.c))
STD      := -std=c11 -D_GNU_SOURCE
WARN     := -Wall -Wextra -Werror -Wshadow -Wpedantic -Wmissing-prototypes -Wstrict-prototypes -Wvla
OPT.release := -O2 -g -DNDEBUG
OPT.asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
OPT.fuzz    := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
CFLAGS   ?= $(OPT.$(VARIANT))
INCLUDE  := -iquote . -iquote $(BUILD)/gen
PKG_CFLAGS := $(shell pkg-config --cflags $(DEPS_PC) 2>/dev/null) $(if $(LLHTTP),-isystem /usr/share/include/llhttp)
# As needed: the server is not to hold libraries that only the bench uses.
PKG_LIBS := -Wl,--as-needed $(shell pkg-config --libs $(DEPS_PC) 2>/dev/null) $(if $(LLHTTP),,-lllhttp) -lm
DEFS     := -DPUSHLAB_VERSION='"$(VERSION)"' -DPUSHLAB_DATADIR='"$(PREFIX)/share/pushlab"'
ALL_CFLAGS = $(STD) $(WARN) $(CFLAGS) $(INCLUDE) $(PKG_CFLAGS) $(DEFS) -MMD -MP
LDFLAGS  ?=

# One archive per room; tests/layers.txt says which rooms each may use. A program is its main.o, its
# room and what that may use; so is a unit test.
objs      = $(patsubst %.c,$(OUT)/%.o,$(1))
archives  = $(patsubst %,$(OUT)/%.a,$(uses.$(1)))
ROOMS    := $(shell sed -n 's/^\([a-z][a-z/]*\):.*/\1/p' tests/layers.txt)
-include $(BUILD)/gen/layers.mk
$(BUILD)/gen/layers.mk: tests/layers.txt tests/layers.awk
	@mkdir -p $(@D) && awk -v mode=make -f tests/layers.awk $< /dev/null >$@.tmp && mv $@.tmp $@
PROGRAMS := $(addprefix $(OUT)/,pushlab pushlab-server pushlab-client pushlab-link)
UNIT_SRC := $(sort $(wildcard tests/unit/*/*/test_*.c tests/unit/*/*/*/test_*.c tests/unit/*/test_*.c))
UNIT     := $(addprefix $(OUT)/tests/,$(basename $(notdir $(UNIT_SRC))))
FUZZERS  := $(patsubst tests/fuzz/%.c,$(OUT)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
SELF     := $(patsubst bench/self/%.c,$(OUT)/self/%,$(wildcard bench/self/*.c))

.PHONY: all programs unit fuzzers check test asan npm-peers bench bench-smoke usecases balancers faults faults-smoke studies map bench-link bench-self bench-truth bench-model bench-aa docs-check workshop-check fuzz man install format lint lint-clang lint-text lint-exports compile_commands.json clean help deps-build deps-bench deps-balancers deps-workshop deps-test deps-self deps-deb deb container
.DEFAULT_GOAL := all
.PRECIOUS: $(OUT)/%.o

all: deps-build ## build the programs into build/release
	$(Q)$(MAKE) --no-print-directory $(J) programs

programs: $(PROGRAMS) $(SELF)

deps-build deps-bench deps-balancers deps-workshop deps-test deps-self deps-deb: deps-%: ## install what is missing (apt), or say what to type
	$(Q)./bench/deps.sh $*

.SECONDEXPANSION:
$(OUT)/pushlab: $(OUT)/bench/main.o $$(call archives,bench)
$(OUT)/pushlab-server: $(OUT)/servers/main.o $$(call archives,servers)
$(OUT)/pushlab-client: $(OUT)/clients/main.o $$(call archives,clients)
$(OUT)/pushlab-link: $(OUT)/bench/link/tool/main.o $$(call archives,bench/link/tool)
LINK      = $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(PKG_LIBS)
$(PROGRAMS):
	$(call say,LINK,$@)
	$(Q)$(LINK)

$(foreach r,$(ROOMS),$(eval $(OUT)/$(r).a: $(call objs,$(filter-out %/main.c,$(wildcard $(r)/*.c)))))
$(OUT)/lib/proto.a: $(if $(LLHTTP),$(addprefix $(OUT)/llhttp/,llhttp.o api.o http.o))
$(OUT)/servers/web.a: $(OUT)/gen/web_assets.o
$(OUT)/bench/page.a: $(OUT)/gen/template_files.o
$(OUT)/bench/doctor.a: $(OUT)/gen/packages.o
$(OUT)/bench/explain/annotate.a: $(OUT)/gen/explain_words.o
$(OUT)/servers/model.a: $(OUT)/gen/model_texts.o
$(OUT)/servers/redis.a: $(OUT)/gen/redis_scripts.o
$(addprefix $(OUT)/,$(addsuffix .a,$(ROOMS))):
	$(Q)mkdir -p $(@D) && rm -f $@ && $(AR) rcs $@ $^

$(OUT)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -c -o $@ $<

# Debian 12 ships llhttp as C sources (package node-llhttp): not ours, so not under our warnings.
# Strict mode is chosen when compiling it; without, it takes bare LF and much else.
$(OUT)/llhttp/%.o: /usr/share/llhttp/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) -O2 -g -DLLHTTP_STRICT_MODE=1 $(PKG_CFLAGS) -c -o $@ $<

# run.json and --version name the commit; what includes it is compiled again only when that changes.
# Outside a repository (a container, a package) PUSHLAB_COMMIT may name it.
$(addprefix $(OUT)/,bench/run/environment.o lib/opt/opt_version.o): $(BUILD)/gen/git_describe.h
$(BUILD)/gen/git_describe.h: FORCE
	$(Q)mkdir -p $(@D) && printf '#define PUSHLAB_GIT_DESCRIBE "%s"\n' \
	"$$(git describe --always --dirty --tags 2>/dev/null || echo "$${PUSHLAB_COMMIT:-unknown}")" >$@.tmp
	$(Q)if cmp -s $@.tmp $@; then rm $@.tmp; else mv $@.tmp $@; fi
FORCE:

# The live page lies in the server, so that it works offline and from anywhere.
WEB := $(sort $(wildcard servers/web/*.html servers/web/*.css servers/web/*.js servers/web/*.svg)) \
	$(BUILD)/gen/transport_info.css $(BUILD)/gen/transport_info.js
$(BUILD)/gen/transport_info.%: servers/web/transport_info.awk lib/proto/transport_info.def
	$(Q)mkdir -p $(@D) && awk -v out=$* -f $^ >$@.tmp && mv $@.tmp $@
$(BUILD)/gen/web_assets.c: servers/web/embed.sh $(WEB)
	$(Q)mkdir -p $(@D) && servers/web/embed.sh $(WEB) >$@.tmp && mv $@.tmp $@
# The titles of charts, the sentences and pages of report and advise lie in pushlab likewise.
TEXTS := $(sort $(foreach d,page chart advise report,$(wildcard $(addprefix bench/$(d)/*.,txt html md css))))
$(BUILD)/gen/template_files.c: bench/page/embed.sh $(TEXTS)
	$(Q)mkdir -p $(@D) && bench/page/embed.sh $(TEXTS) >$@.tmp && mv $@.tmp $@
# What pushlab doctor looks for is what deps.sh installs.
$(BUILD)/gen/packages.c: bench/doctor/packages.awk bench/packages.txt
	$(Q)mkdir -p $(@D) && awk -f $^ >$@.tmp && mv $@.tmp $@
# What pushlab explain says is edited as text.
$(BUILD)/gen/explain_words.c: bench/explain/words/embed.awk $(sort $(wildcard bench/explain/words/*.txt))
	$(Q)mkdir -p $(@D) && awk -f $^ >$@.tmp && mv $@.tmp $@
# So is what the applications among the sources say, and what must happen in Redis at once.
$(BUILD)/gen/model_texts.c: servers/embed.awk servers/model/texts.txt
	$(Q)mkdir -p $(@D) && awk -v headers="servers/model/generator.h servers/model/match.h servers/model/inbox.h" -f $^ >$@.tmp && mv $@.tmp $@
$(BUILD)/gen/redis_scripts.c: servers/embed.awk $(wildcard servers/redis/*.lua)
	$(Q)mkdir -p $(@D) && awk -v headers=servers/redis/redis_log.h -f $^ >$@.tmp && mv $@.tmp $@
$(OUT)/gen/%.o: $(BUILD)/gen/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -c -o $@ $<

# Test programs lie flat in $(OUT)/tests, wherever under tests/unit their source is.
$(foreach t,$(UNIT_SRC),$(eval $(OUT)/tests/$(basename $(notdir $(t))): $(OUT)/$(t:.c=.o) $$$$(call archives,$(patsubst tests/unit/%/,%,$(dir $(t))))))
$(UNIT):
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(LINK) $$(pkg-config --libs check)

$(FUZZERS): $(OUT)/fuzz/%: tests/fuzz/%.c $(addprefix $(OUT)/,$(addsuffix .a,$(ROOMS)))
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -fsanitize=fuzzer -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(PKG_LIBS)

$(OUT)/self/%: $(OUT)/bench/self/%.o $(OUT)/lib/base.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(LINK)

unit: $(UNIT)
fuzzers: $(FUZZERS)

# ---- what people type
UNIT_TESTS = $(UNIT:$(OUT)/%=$(BUILD)/asan/%) $(wildcard tests/test_*.sh)

check: lint ## the quick one: build what has changed with sanitizers, lint, unit tests (under a minute)
	$(Q)./tests/unit.sh $(UNIT_TESTS)

test: deps-test ## the whole truth: unit and end-to-end tests with ASan and UBSan (20 minutes)
	@echo "make test: about 20 minutes on two cores ('make check': under one)"
	@echo "[1/4] build with sanitizers"
	$(Q)$(MAKE) --no-print-directory $(J) VARIANT=asan programs unit
	$(Q)$(MAKE) --no-print-directory npm-peers
	$(Q)PUSHLAB_BIN=$(abspath $(BUILD))/asan UNIT_TESTS="$(UNIT_TESTS)" ./tests/run.sh $(TESTS)

asan: deps-build ## build the programs with sanitizers into build/asan
	$(Q)$(MAKE) --no-print-directory $(J) VARIANT=asan programs

# The independent peers of the end-to-end tests (and nothing else) come from npm.
npm-peers: tests/e2e/node_modules/.package-lock.json
tests/e2e/node_modules/.package-lock.json: tests/e2e/package.json tests/e2e/package-lock.json
	$(call say,NPM,tests/e2e)
	$(Q)cd tests/e2e && npm ci --no-audit --no-fund --loglevel=error || \
	{ echo "pushlab: this failed:  cd tests/e2e && npm ci" >&2; exit 1; }

bench: deps-bench all ## the standard comparison, before it the same with rare updates: tables, charts, results/latest (2 minutes)
	$(Q)$(OUT)/pushlab run bench/scenarios/slow.json --no-charts --retry-disturbed 1 $(BENCH_FLAGS); slow=$$?; \
	$(OUT)/pushlab run bench/scenarios/standard.json --retry-disturbed 1 $(BENCH_FLAGS) && exit $$slow

bench-smoke: deps-bench all ## the same in a quarter of a minute
	$(Q)$(OUT)/pushlab run bench/scenarios/smoke.json $(BENCH_FLAGS)

usecases: deps-bench all ## five use cases on their links: which transport each needs, in one report (12 minutes)
	$(Q)./bench/usecases.sh $(OUT)/pushlab results $(BENCH_FLAGS)

balancers: deps-balancers all ## HAProxy and nginx in between: what they cost, what breaks, and what cures it (4 minutes)
	$(Q)./bench/balancers.sh $(OUT)/pushlab results $(BENCH_FLAGS)

faults: deps-balancers all ## what each fault does to each transport: servers, links, clients, a balancer, a store (5 minutes)
	$(Q)$(OUT)/pushlab run bench/scenarios/faults.json $(BENCH_FLAGS); first=$$?; \
	$(OUT)/pushlab run bench/scenarios/balancers/faults.json $(BENCH_FLAGS) && exit $$first

faults-smoke: deps-bench all ## one fault of each kind that needs no balancer, in a minute
	$(Q)$(OUT)/pushlab run bench/scenarios/faults.json $(BENCH_FLAGS) --rows \
	server-kill.sse,server-restart.websocket,server-stall.long-poll,link-down.stream,link-stall.websocket,reset.long-poll,client-crash.sse,slow-reader.stream

studies: deps-balancers all ## published studies, rerun: what they claim, and whether it holds here; writes docs/studies (17 minutes)
	$(Q)./bench/studies.sh $(OUT)/pushlab results --retry-disturbed 1 $(BENCH_FLAGS)

map: deps-bench all ## which way is the cheapest, by update rate and tolerated latency: results/map (6 minutes)
	$(Q)./bench/map.sh $(OUT)/pushlab results $(BENCH_FLAGS)

bench-link: all ## how accurate the emulated link is, here and now
	$(Q)$(OUT)/pushlab-link measure

docs-check: deps-test all npm-peers ## run every command of README.md and docs (or of DOCS), and compare what they print
	$(Q)PUSHLAB_BIN=$(OUT) /usr/bin/python3 tests/docs_check.py $(DOCS)

workshop-check: ## the same of the README and the lessons alone
	$(Q)$(MAKE) --no-print-directory docs-check DOCS="README.md $(sort $(wildcard docs/workshop/*.md))"

bench-self: deps-self all ## pushlab against bare floors and nginx; writes results/self.md
	$(Q)PUSHLAB_BIN=$(OUT) /usr/bin/python3 bench/self/self.py --out results/self.md

bench-truth: deps-self all ## figures of runs against captured packets, a perfect network, /proc; writes results/truth.md (7 minutes)
	$(Q)PUSHLAB_BIN=$(OUT) /usr/bin/python3 bench/self/truth.py --out results/truth.md

bench-aa: deps-bench all ## does `pushlab compare` call equal runs equal, and find 1 ms; writes results/aa.md (5 minutes)
	$(Q)PUSHLAB_BIN=$(OUT) /usr/bin/python3 bench/self/aa.py --out results/aa.md

bench-model: deps-bench all ## a grid of runs against what pushlab predict says before them; writes results/model.md (17 minutes)
	$(Q)PUSHLAB_BIN=$(OUT) /usr/bin/python3 bench/self/model_grid.py --out results/model.md

FUZZ_SECONDS ?= 30
fuzz: deps-test ## every fuzz target for FUZZ_SECONDS (30)
	$(Q)$(MAKE) --no-print-directory $(J) CC=clang VARIANT=fuzz fuzzers
	$(Q)BUILD=$(BUILD) FUZZ_SECONDS=$(FUZZ_SECONDS) ./tests/fuzz/run.sh $(FUZZERS:$(OUT)/%=$(BUILD)/fuzz/%)

man: all ## man pages and shell completion, into build/release/manual
	$(Q)./bench/manual.sh $(OUT) $(OUT)/manual '$(PREFIX)/share/pushlab'

container: ## make bench in a container, with the least privileges (podman or docker); copies the results out
	$(Q)./bench/container.sh bench

DEB       = $(BUILD)/deb
deb: deps-deb ## a Debian package, into build/deb (2 minutes)
	$(Q)./debian/build.sh $(VERSION) $(DEB) && ls $(DEB)/pushlab_$(VERSION)_*.deb

install: all man ## into $(DESTDIR)$(PREFIX)
	$(Q)./bench/install.sh $(OUT) '$(DESTDIR)' '$(PREFIX)'

OURS := $(sort $(foreach d,lib servers clients bench tests,$(wildcard $(addprefix $(d)/,*.[ch] */*.[ch] */*/*.[ch] */*/*/*.[ch] */*/*/*/*.[ch]))))
format: ## clang-format everything in place
	$(Q)clang-format -i $(OURS)

# gcc warns when it builds; clang looks at what has changed since it was content.
LINT_OK := $(patsubst %.c,$(BUILD)/lint/%.ok,$(filter %.c,$(OURS)))
$(BUILD)/lint/%.ok: %.c
	$(Q)mkdir -p $(@D) && clang $(STD) $(WARN) $(INCLUDE) $(PKG_CFLAGS) $(DEFS) -MMD -MP -MF $(@:.ok=.d) -MT $@ \
	-fsyntax-only $< && touch $@
lint-clang: $(LINT_OK)
lint-text:
	$(Q)./tests/lint.sh $(OURS)
lint-exports:
	$(Q)./tests/exports.sh $(patsubst %.c,$(BUILD)/asan/%.o,$(filter-out tests/fuzz/%,$(filter %.c,$(OURS))))

lint: ## formatting, warnings of gcc (it builds) and clang, the direction of includes, needless exports
	$(Q)$(MAKE) --no-print-directory $(J) VARIANT=asan programs unit
	$(Q)$(MAKE) --no-print-directory -k $(J) lint-clang lint-text lint-exports
	@echo "lint: clean"

compile_commands.json: ## for clangd
	$(Q)./tests/compile_commands.sh "$(CC) $(STD) $(WARN) $(INCLUDE) $(PKG_CFLAGS)" $(filter %.c,$(OURS)) >$@.tmp && mv $@.tmp $@

clean: ## delete everything built
	rm -rf $(BUILD) compile_commands.json

help: ## this list
	@awk -F ':.*## ' '/^[a-z_.-]+:.*## / {printf "  make %-22s %s\n", $$1, $$2}' Makefile

-include $(shell find $(OUT) $(BUILD)/lint -name '*.d' 2>/dev/null)
