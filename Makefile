# wengert: settings stand here, nothing below needs editing.
CC      ?= cc
CXX     ?= c++
OPT     ?= -O3 -g
PREFIX  ?= /usr/local
DESTDIR ?=
# portable, blas or dnnl; empty: the best that pkg-config and the compiler find
BACKEND ?=
# DEPS=skip: never call the package manager
DEPS    ?= install
# the build folder; another one for another configuration
B       ?= build
# OPENMP=no: without OpenMP
OPENMP  ?=
# V=1 prints whole commands
V       ?=
# flags for the linker, and extra ones for both, as the sanitizer targets use them
LDFLAGS ?=
EXTRA   ?=

ifneq ($(words $(B)),1)
$(error B=$(B): the build folder cannot have blanks in its name)
endif
VERSION  := 0.1.0
SOMAJOR  := 0
# goals for which nothing is looked up or installed
QUIET    := clean help uninstall
GOALS    := $(or $(MAKECMDGOALS),all)

# ---- dependencies -------------------------------------------------------------------------------
# make -n installs nothing either
ifneq ($(findstring n,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),)
DEPS := skip
endif
ifneq ($(DEPS),skip)
ifneq ($(filter-out $(QUIET),$(GOALS)),)
ifeq ($(MAKELEVEL),0)
DEPS_STATUS := $(shell B='$(B)' CC='$(CC)' BACKEND='$(BACKEND)' sh scripts/deps.sh 1>&2; echo $$?)
ifneq ($(DEPS_STATUS),0)
$(error something is missing here, as the lines above say)
endif
endif
endif
endif
# what this machine has; looked up each time, and everything is built anew when it, or one of the
# settings, changed
ifneq ($(filter-out $(QUIET),$(GOALS)),)
CONFIG_STATUS := $(shell CC='$(CC)' BACKEND='$(BACKEND)' OPENMP='$(OPENMP)' \
    KEY='$(CC) $(CFLAGS) $(OPT) $(LDFLAGS) $(EXTRA)' sh scripts/config.sh '$(B)/config.mk' 1>&2; echo $$?)
ifneq ($(CONFIG_STATUS),0)
$(error not configured, as the lines above say)
endif
include $(B)/config.mk
endif

# ---- flags --------------------------------------------------------------------------------------
WARN   := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
          -Wdouble-promotion
# clang tells of each loop that it leaves scalar, as it does all at -O1
WARN   += $(if $(findstring clang,$(CC)),-Wno-pass-failed)
# No -ffast-math: NaN and infinities are data.  These two let loops vectorise and change no value.
FLOAT  := -ffp-contract=off -fno-trapping-math -fno-math-errno
CFLAGS ?= $(OPT)
# Within the shared library its own public functions are called and inlined like any other.
ALLFLAGS = -std=c11 $(CFLAGS) $(WARN) $(FLOAT) -fPIC -fvisibility=hidden \
           -fno-semantic-interposition -I. -I$(B)/gen -DWG_NO_SITES $(CONFIG_CFLAGS) $(EXTRA)
LIBS     = $(CONFIG_LIBS) -lm
LINK     = $(CC) $(EXTRA) $(LDFLAGS)

# ---- sources ------------------------------------------------------------------------------------
FLOORS  := backend autograd ops check graph nn optim data train
LIBSRC  := $(sort $(foreach d,$(FLOORS),$(filter-out %_part.c,$(wildcard $(d)/*.c)) $(wildcard $(d)/*/*.c)))
GENSRC  := $(B)/gen/ops/registry.c $(if $(wildcard data/digits.csv),$(B)/gen/data/digits_text.c)
LIBOBJ   = $(LIBSRC:%.c=$(B)/%.o) $(GENSRC:%.c=%.o)
CLISRC  := $(sort $(wildcard cli/*.c)) $(filter-out bench/main.c,$(wildcard bench/*.c))
BENCHSRC := $(sort $(wildcard bench/*.c))
CLIOBJ   = $(CLISRC:%.c=$(B)/%.o)
BENCHOBJ = $(BENCHSRC:%.c=$(B)/%.o)
TESTSRC := $(sort $(wildcard tests/*.c) $(wildcard tests/*/*.c))
TESTOBJ  = $(TESTSRC:%.c=$(B)/%.o) $(B)/gen/tests/suites.o
HEADERS := wengert.h autograd/autograd.h autograd/checkpoint.h autograd/compile.h \
           autograd/gate.h autograd/profile.h autograd/site.h backend/backend.h check/lint.h \
           $(foreach d,ops check graph nn optim data train,$(wildcard $(d)/$(d).h)) \
           $(sort $(wildcard ops/manual/*.h))
STATIC   = $(B)/libwengert.a
SHARED   = $(B)/libwengert.so.$(VERSION)

comma := ,
# a short line for each command, or with V=1 the command
ifeq ($(V),)
RUN = @printf '  %-5s %s\n' $(1) $@; $(2)
else
RUN = $(2)
endif
COMPILE = $(CC) $(ALLFLAGS) -MMD -MP -c -o $@ $<

# ---- targets ------------------------------------------------------------------------------------
.DEFAULT_GOAL := all
.PHONY: all lib check check-full demo docs bench examples asan ubsan tsan oom fuzz reference \
        install install-check uninstall clean help force
.SUFFIXES:
.SECONDARY:

all: lib $(B)/wengert ## the library and the program
	@echo 'wengert $(VERSION): backend $(CONFIG_BACKEND); found $(CONFIG_FOUND)$(if $(CONFIG_WITHOUT),; without $(CONFIG_WITHOUT))'

lib: $(STATIC) $(SHARED) ## the libraries alone

# the list of sources: a library without a file that went away
$(B)/gen/sources: force
	@mkdir -p $(@D)
	@echo $(LIBSRC) > $@.new && { $(PUT); }
$(STATIC): $(LIBOBJ) $(B)/gen/sources
	@rm -f $@
	$(call RUN,AR,$(AR) rcs $@ $(LIBOBJ))

$(SHARED): $(LIBOBJ) $(B)/gen/sources
	$(call RUN,LD,$(LINK) -shared -Wl$(comma)-Bsymbolic-functions -Wl$(comma)-soname$(comma)libwengert.so.$(SOMAJOR) -o $@ $(LIBOBJ) $(LIBS))
	@ln -sf libwengert.so.$(VERSION) $(B)/libwengert.so.$(SOMAJOR)
	@ln -sf libwengert.so.$(SOMAJOR) $(B)/libwengert.so

$(B)/wengert: $(CLIOBJ) $(STATIC)
	$(call RUN,LD,$(LINK) -pthread -o $@ $^ $(LIBS))

# generated: the registry of gates, the source-line macros, the list of test suites; written each
# time and put in place when they changed, so that a file that went away is noticed
PUT = cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(B)/gen/ops/registry.c: force
	@mkdir -p $(@D)
	@sh scripts/registry.sh registry > $@.new && { $(PUT); }
$(B)/gen/ops/sites.h: force
	@mkdir -p $(@D)
	@sh scripts/registry.sh sites > $@.new && { $(PUT); }
$(B)/gen/tests/suites.c: force
	@mkdir -p $(@D)
	@sh scripts/registry.sh suites $(TESTSRC) > $@.new && { $(PUT); }
$(B)/gen/data/digits_text.c: scripts/embed.sh data/digits.csv
	@mkdir -p $(@D)
	@sh scripts/embed.sh wgi_digits_text data/digits.csv > $@.new && mv $@.new $@

GENERATED = $(B)/gen/ops/sites.h
$(LIBOBJ) $(CLIOBJ) $(BENCHOBJ) $(TESTOBJ): $(B)/config.mk | $(GENERATED)
$(B)/gen/%.o: $(B)/gen/%.c
	$(call RUN,CC,$(COMPILE))
$(B)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(call RUN,CC,$(COMPILE) -UWG_NO_SITES $(CHECK_CFLAGS) -Wno-double-promotion)
$(B)/gen/tests/%.o: $(B)/gen/tests/%.c
	$(call RUN,CC,$(COMPILE) $(CHECK_CFLAGS))
$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call RUN,CC,$(COMPILE))

$(B)/tests/run: $(TESTOBJ) $(filter-out %/main.o,$(BENCHOBJ)) $(STATIC)
	$(call RUN,LD,$(LINK) -pthread -o $@ $^ $(CHECK_LIBS) $(LIBS))

# the examples in the documents: programs in C and lines for the shell, which the suite `docs` runs
DOCS     := README.md $(sort $(wildcard docs/*.md))
EXAMPLES = $(patsubst %.c,$(B)/%,$(wildcard examples/*.c))
BLOCKS   = $(basename $(wildcard $(B)/blocks/*.c))
$(B)/blocks/extracted: scripts/blocks.sh $(DOCS)
	@sh scripts/blocks.sh $(B)/blocks $(DOCS) && touch $@
blocks: $(B)/blocks/extracted $(STATIC)
	@$(MAKE) --no-print-directory DEPS=skip blocks-built
blocks-built: $(BLOCKS)
$(B)/blocks/%: $(B)/blocks/%.c $(STATIC)
	$(call RUN,CC,$(CC) -std=c11 -I. -I$(B)/gen $(EXTRA) -o $@ $< $(STATIC) $(LIBS))
.PHONY: blocks blocks-built

# the shell finds `wengert` in the build folder
RUN_CHECK = PATH="$(abspath $(B)):$$PATH" WG_PROGRAM=$(B)/wengert \
            WG_BLOCKS="$(EXAMPLES) $(BLOCKS) $(wildcard $(B)/blocks/*.sh)" $(B)/tests/run
have-check:
	@$(if $(CHECK_LACKING),echo 'wengert: the tests need Check: $(CHECK_LACKING)' >&2; exit 1,:)
.PHONY: have-check
$(TESTOBJ): | have-check
check: have-check all $(B)/tests/run blocks $(EXAMPLES) ## the quick tests
	@$(MAKE) --no-print-directory DEPS=skip run-check
check-full: have-check all $(B)/tests/run blocks $(EXAMPLES) ## what is counted in thousands, too
	@WG_FULL=1 CK_TIMEOUT_MULTIPLIER=10 $(MAKE) --no-print-directory DEPS=skip run-check
run-check:
	@$(RUN_CHECK)
# the same in parts, each in a runner of its own: under a sanitizer one that runs all grows, and with
# it each test that it forks
PARTS ?= 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16
check-parts: have-check all $(B)/tests/run blocks $(EXAMPLES)
	@$(MAKE) --no-print-directory DEPS=skip run-parts
run-parts:
	@printf '%s\n' $(PARTS) | $(RUN_CHECK:$(B)/tests/run=) xargs -P "$$(nproc 2>/dev/null || echo 2)" \
	    -I '{}' env WG_PART='{}/$(words $(PARTS))' $(B)/tests/run
.PHONY: run-check check-parts run-parts

# the main job on the embedded digits: train, test on what was held out, classify one image
DEMO = $(B)/demo
demo: all ## trains a convolutional network on handwritten digits and classifies one image
	$(B)/wengert train --data digits --seed 0 --out $(DEMO)
	@$(B)/wengert sample --data digits --seed 0 --index 7 -o $(DEMO)/digit.png
	$(B)/wengert predict $(DEMO)/model.safetensors $(DEMO)/digit.png

docs: all ## docs/gates.md from the registry, and the C blocks of the documents, compiled
	$(B)/wengert gates --markdown > docs/gates.md
	@$(MAKE) --no-print-directory DEPS=skip blocks

# ALL=1: single kernels and other sizes, too; PEERS=1: beside PyTorch (PYTHON) and JAX (JAX_PYTHON)
ALL         ?=
PEERS       ?=
JAX_PYTHON  ?= $(PYTHON)
PEERS_FLAGS ?=
bench: all $(B)/wengert-bench ## the workloads, on the shared library; ALL=1, PEERS=1: docs/performance.md
	$(if $(PEERS),$(PYTHON) -B bench/peers/compare.py --bench $(B)/wengert-bench --python $(PYTHON) \
	    --jax-python $(JAX_PYTHON) --out $(B)/bench-peers.json $(PEERS_FLAGS),$(B)/wengert-bench $(if $(ALL),--all))

examples: all $(EXAMPLES) ## the example programs, built and run, and what they print compared
	@for e in $(EXAMPLES); do echo "== $$e" && $$e | tee $$e.said && cmp $$e.said $$e.txt || exit 1; done
$(B)/examples/%: examples/%.c examples/%.txt $(SHARED)
	@mkdir -p $(@D)
	@cp examples/$*.txt $@.txt
	$(call RUN,CC,$(LINK) -std=c11 $(CFLAGS) $(WARN) -I. -I$(B)/gen -o $@ $< -L$(B) -lwengert \
	    -Wl$(comma)-rpath$(comma)'$$ORIGIN/..' -lm)

# bench/ and examples/ are programs as users write them: public headers, source lines on, the
# shared library
$(B)/bench/%.o: bench/%.c
	@mkdir -p $(@D)
	$(call RUN,CC,$(COMPILE) -UWG_NO_SITES)
$(B)/wengert-bench: $(BENCHOBJ) $(SHARED)
	$(call RUN,LD,$(LINK) -pthread -o $@ $(BENCHOBJ) -L$(B) -lwengert -Wl$(comma)-rpath$(comma)'$$ORIGIN' -lm)

# ---- installing ---------------------------------------------------------------------------------
# headers keep their folders under include/wengert; programs say #include <wengert.h>
ABSPREFIX = $(if $(filter /%,$(PREFIX)),$(PREFIX),$(CURDIR)/$(PREFIX))
D         = $(DESTDIR)$(ABSPREFIX)
INSTALLED = $(HEADERS) $(B)/gen/ops/sites.h
# where the system does not look for libraries of its own accord, wengert.pc tells programs the way
RPATH     = $(if $(filter /usr /usr/local,$(ABSPREFIX)),,-Wl,-rpath,$${libdir})
install: all ## headers, libraries, program, wengert.pc, man pages: PREFIX=DIR, DESTDIR=DIR
	@mkdir -p '$D/lib/pkgconfig' '$D/bin' '$D/share/man/man1' '$D/share/man/man3'
	@for h in $(INSTALLED); do \
	    to='$D'/include/wengert/$${h#$(B)/gen/}; mkdir -p "$${to%/*}" && install -m 644 $$h "$$to" || exit 1; done
	install -m 644 $(STATIC) '$D/lib/'
	install -m 755 $(SHARED) '$D/lib/'
	ln -sf libwengert.so.$(VERSION) '$D/lib/libwengert.so.$(SOMAJOR)'
	ln -sf libwengert.so.$(SOMAJOR) '$D/lib/libwengert.so'
	@sed -e 's|@PREFIX@|$(ABSPREFIX)|' -e 's|@VERSION@|$(VERSION)|' -e 's|@LIBS@|$(LIBS)|' \
	    -e 's|@RPATH@|$(RPATH)|' scripts/wengert.pc.in > $(B)/wengert.pc
	install -m 644 $(B)/wengert.pc '$D/lib/pkgconfig/'
	install -m 755 $(B)/wengert '$D/bin/'
	install -m 644 docs/man/wengert.1 '$D/share/man/man1/'
	install -m 644 docs/man/wengert.3 '$D/share/man/man3/'
	@[ -n '$(DESTDIR)$(RPATH)' ] || [ "$$(id -u)" != 0 ] || ldconfig 2>/dev/null || true

uninstall: ## takes away what install put there
	rm -rf '$D/include/wengert'
	rm -f '$D/lib/libwengert.a' '$D/lib/libwengert.so' '$D/lib/libwengert.so.$(SOMAJOR)' \
	    '$D/lib/libwengert.so.$(VERSION)' '$D/lib/pkgconfig/wengert.pc' '$D/bin/wengert' \
	    '$D/share/man/man1/wengert.1' '$D/share/man/man3/wengert.3'

install-check: all ## installs into a temporary folder and builds programs on it, in C and C++
	@CC='$(CC)' CXX='$(CXX)' B='$(B)' MAKE='$(MAKE)' EXTRA='$(EXTRA)' sh tests/install.sh

# ---- the tests, more severely --------------------------------------------------------------------
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
ASAN_ENV := ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 \
            UBSAN_OPTIONS=print_stacktrace=1 CK_TIMEOUT_MULTIPLIER=10
asan: ## the tests under AddressSanitizer and UBSan, the 1,000 random graphs among them
	@$(ASAN_ENV) $(MAKE) --no-print-directory B=$(B)/asan OPT='-O1 -g' DEPS=skip \
	    EXTRA='$(SANITIZE)' check-parts
	WG_FULL=1 $(ASAN_ENV) $(B)/asan/tests/run random_graphs

ubsan: ## the tests under UBSan alone
	@$(ASAN_ENV) $(MAKE) --no-print-directory B=$(B)/ubsan OPT='-O1 -g' DEPS=skip \
	    EXTRA='-fsanitize=undefined -fno-sanitize-recover=undefined' check

# ThreadSanitizer reports OpenMP's own runtime, so threads are pthreads here, and no library that
# brings its own runs; it does not stand forked tests with threads
THREADED = parallel fuse matmul conv pool reduce norm index masks ops_ random_graphs train
tsan: ## the tests of threads under ThreadSanitizer
	@$(MAKE) --no-print-directory B=$(B)/tsan OPT='-O1 -g' DEPS=skip BACKEND=portable OPENMP=no \
	    EXTRA='-fsanitize=thread -DWG_PTHREADS -pthread' $(B)/tsan/tests/run
	WG_THREADS=2 CK_FORK=no $(B)/tsan/tests/run $(THREADED)

oom: ## every allocation failing in turn, on the portable build
	@$(MAKE) --no-print-directory B=$(B)/portable DEPS=skip BACKEND=portable $(B)/portable/tests/run
	WG_FULL=1 $(B)/portable/tests/run oom optim model train parse_calls program gradcheck data_

# Python with numpy, torch and mpmath; nothing else here needs it
PYTHON ?= python3
reference: all ## every gate against PyTorch and mpmath: values, gradients, special points
	@command -v $(PYTHON) >/dev/null || { echo 'reference: no $(PYTHON) here: PYTHON=...' >&2; exit 1; }
	$(PYTHON) -B tests/reference/compare.py $(SHARED) $(B)/wengert

fuzz: ## readers of bytes from outside, on mutated input, for longer, under the sanitizers
	@$(MAKE) --no-print-directory B=$(B)/asan OPT='-O1 -g' DEPS=skip EXTRA='$(SANITIZE)' \
	    $(B)/asan/tests/run $(B)/asan/wengert
	WG_FULL=1 WG_PROGRAM=$(B)/asan/wengert $(ASAN_ENV) \
	    $(B)/asan/tests/run fuzz hostile data_ saved_model random_graphs

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24
	@echo 'settings: CC, CXX, OPT, CFLAGS, LDFLAGS, PREFIX, DESTDIR, BACKEND=portable|blas|dnnl, OPENMP=no,'
	@echo '          DEPS=skip (install nothing), B=DIR (build folder), V=1 (whole commands)'

clean: ## removes what was built
	rm -rf $(B)

-include $(patsubst %.o,%.d,$(LIBOBJ) $(CLIOBJ) $(BENCHOBJ) $(TESTOBJ))
