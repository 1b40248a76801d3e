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
# extra flags for the compiler and linker, as the sanitizer targets use them
EXTRA   ?=

VERSION  := 0.1.0
SOMAJOR  := 0
QUIET    := clean help uninstall
GOALS    := $(or $(MAKECMDGOALS),all)

# ---- dependencies -------------------------------------------------------------------------------
ifneq ($(DEPS),skip)
ifneq ($(filter-out $(QUIET),$(GOALS)),)
ifeq ($(MAKELEVEL),0)
DEPS_STATUS := $(shell B='$(B)' CC='$(CC)' BACKEND='$(BACKEND)' sh scripts/deps.sh 1>&2; echo $$?)
ifneq ($(DEPS_STATUS),0)
$(error what is missing could not be installed; see the lines above, or set DEPS=skip)
endif
endif
endif
endif
-include $(B)/config.mk
# everything is built anew when one of these settings changes
KEY := $(CC) $(BACKEND) $(OPT) $(EXTRA) $(OPENMP)
$(B)/config.key: force
	@mkdir -p $(B)
	@echo '$(KEY)' | cmp -s - $@ || echo '$(KEY)' > $@
$(B)/config.mk: scripts/config.sh $(B)/config.key
	@CC='$(CC)' BACKEND='$(BACKEND)' OPENMP='$(OPENMP)' sh scripts/config.sh > $@.new && mv $@.new $@
.PHONY: force

# ---- flags --------------------------------------------------------------------------------------
WARN   := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
          -Wdouble-promotion
# No -ffast-math: NaN and infinities are data.  These two let loops vectorise and change no value.
FLOAT  := -ffp-contract=off -fno-trapping-math -fno-math-errno
CFLAGS ?= $(OPT)
ALLFLAGS = -std=c11 $(CFLAGS) $(WARN) $(FLOAT) -fPIC -fvisibility=hidden -I. -I$(B)/gen \
           -DWG_NO_SITES $(CONFIG_CFLAGS) $(EXTRA)
LIBS     = $(CONFIG_LIBS) -lm

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
HEADERS := wengert.h autograd/autograd.h autograd/gate.h backend/backend.h \
           $(foreach d,ops check graph nn optim data train,$(wildcard $(d)/$(d).h))
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
.PHONY: all lib check check-full check-threads demo bench examples asan ubsan tsan valgrind oom \
        fuzz docs install uninstall clean help
.SUFFIXES:
.SECONDARY:

all: lib $(B)/wengert ## the library and the program
	@echo 'wengert $(VERSION): backend $(CONFIG_BACKEND); found $(strip $(CONFIG_FOUND))'

lib: $(STATIC) $(SHARED)

$(STATIC): $(LIBOBJ)
	@rm -f $@
	$(call RUN,AR,$(AR) rcs $@ $^)

$(SHARED): $(LIBOBJ)
	$(call RUN,LD,$(CC) -shared -Wl$(comma)-soname$(comma)libwengert.so.$(SOMAJOR) -o $@ $^ $(EXTRA) $(LIBS))
	@ln -sf libwengert.so.$(VERSION) $(B)/libwengert.so.$(SOMAJOR)
	@ln -sf libwengert.so.$(SOMAJOR) $(B)/libwengert.so

$(B)/wengert: $(CLIOBJ) $(STATIC)
	$(call RUN,LD,$(CC) -o $@ $^ $(EXTRA) $(LIBS))

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

$(B)/tests/run: $(TESTOBJ) $(STATIC)
	$(call RUN,LD,$(CC) -o $@ $^ $(EXTRA) $(CHECK_LIBS) $(LIBS))

# the C blocks of the documents, each a program that the suite `docs` runs
DOCS     := README.md $(sort $(wildcard docs/*.md))
BLOCKS    = $(basename $(wildcard $(B)/blocks/*.c))
$(B)/blocks/extracted: scripts/blocks.sh $(DOCS)
	@sh scripts/blocks.sh $(B)/blocks $(DOCS) && touch $@
blocks: $(B)/blocks/extracted
	@$(MAKE) --no-print-directory DEPS=skip blocks-built
blocks-built: $(BLOCKS)
$(B)/blocks/%: $(B)/blocks/%.c $(STATIC)
	$(call RUN,CC,$(CC) -std=c11 -I. -I$(B)/gen $(EXTRA) -o $@ $< $(STATIC) $(LIBS))
.PHONY: blocks blocks-built

RUN_CHECK = WG_PROGRAM=$(B)/wengert WG_BLOCKS="$(basename $(wildcard $(B)/blocks/*.c))" $(B)/tests/run
check: all $(B)/tests/run blocks ## the quick tests
	@$(MAKE) --no-print-directory DEPS=skip run-check
check-full: all $(B)/tests/run blocks ## what is counted in thousands, too
	@WG_FULL=1 $(MAKE) --no-print-directory DEPS=skip run-check
run-check:
	$(RUN_CHECK)
.PHONY: run-check

# the main job on the embedded digits: train, test on what was held out, classify one image
DEMO = $(B)/demo
demo: all ## trains a convolutional network on handwritten digits and classifies one image
	$(B)/wengert train --data digits --seed 0 --out $(DEMO)
	@$(B)/wengert sample --data digits --seed 0 --index 7 -o $(DEMO)/digit.png
	$(B)/wengert predict $(DEMO)/model.safetensors $(DEMO)/digit.png

ASAN_ENV := ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
bench: all $(B)/wengert-bench ## the workloads, on the shared library
	$(B)/wengert-bench

EXAMPLES = $(patsubst %.c,$(B)/%,$(wildcard examples/*.c))
examples: all $(EXAMPLES) ## the example programs, built and run
	@for e in $(EXAMPLES); do echo "== $$e" && $$e || exit 1; done
$(B)/examples/%: examples/%.c $(SHARED) | $(GENERATED)
	@mkdir -p $(@D)
	$(call RUN,CC,$(CC) -std=c11 $(CFLAGS) $(WARN) -I. -I$(B)/gen $(EXTRA) -o $@ $< -L$(B) -lwengert \
	    -Wl$(comma)-rpath$(comma)'$$ORIGIN/..' -lm)

# bench/ and examples/ are programs as users write them: public headers, source lines on, the
# shared library
$(B)/bench/%.o: bench/%.c
	@mkdir -p $(@D)
	$(call RUN,CC,$(COMPILE) -UWG_NO_SITES)
$(B)/wengert-bench: $(BENCHOBJ) $(SHARED)
	$(call RUN,LD,$(CC) -o $@ $(BENCHOBJ) $(EXTRA) -L$(B) -lwengert -Wl$(comma)-rpath$(comma)'$$ORIGIN' -lm)

asan: ## the tests under AddressSanitizer and UBSan
	$(ASAN_ENV) $(MAKE) B=$(B)/asan OPT='-O1 -g' DEPS=skip \
	  EXTRA='-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer' check

# ---- installing ---------------------------------------------------------------------------------
# headers keep their folders under include/wengert; programs say #include <wengert.h>
D         = $(DESTDIR)$(PREFIX)
INSTALLED = $(HEADERS) $(B)/gen/ops/sites.h
install: all ## headers, libraries, program, wengert.pc, man pages: PREFIX=DIR, DESTDIR=DIR
	@mkdir -p $(D)/lib/pkgconfig $(D)/bin $(D)/share/man/man1 $(D)/share/man/man3
	@for h in $(INSTALLED); do \
	    to=$(D)/include/wengert/$${h#$(B)/gen/}; mkdir -p $${to%/*} && install -m 644 $$h $$to || exit 1; done
	install -m 644 $(STATIC) $(D)/lib/
	install -m 755 $(SHARED) $(D)/lib/
	ln -sf libwengert.so.$(VERSION) $(D)/lib/libwengert.so.$(SOMAJOR)
	ln -sf libwengert.so.$(SOMAJOR) $(D)/lib/libwengert.so
	sed -e 's|@PREFIX@|$(abspath $(PREFIX))|' -e 's|@VERSION@|$(VERSION)|' -e 's|@LIBS@|$(LIBS)|' \
	    scripts/wengert.pc.in > $(D)/lib/pkgconfig/wengert.pc
	install -m 755 $(B)/wengert $(D)/bin/
	install -m 644 docs/man/wengert.1 $(D)/share/man/man1/
	install -m 644 docs/man/wengert.3 $(D)/share/man/man3/

uninstall: ## takes away what install put there
	rm -rf $(D)/include/wengert
	rm -f $(D)/lib/libwengert.a $(D)/lib/libwengert.so* $(D)/lib/pkgconfig/wengert.pc \
	    $(D)/bin/wengert $(D)/share/man/man1/wengert.1 $(D)/share/man/man3/wengert.3

ubsan: ## the tests under UBSan alone
	$(ASAN_ENV) $(MAKE) B=$(B)/ubsan OPT='-O1 -g' DEPS=skip \
	  EXTRA='-fsanitize=undefined -fno-sanitize-recover=undefined' check

# ThreadSanitizer reports OpenMP's own runtime, so threads are pthreads here, and no library that
# brings its own runs
tsan: ## the tests of threads under ThreadSanitizer
	$(MAKE) B=$(B)/tsan OPT='-O1 -g' DEPS=skip BACKEND=portable OPENMP=no \
	  EXTRA='-fsanitize=thread -DWG_PTHREADS -pthread' $(B)/tsan/tests/run
	WG_THREADS=2 CK_FORK=no $(B)/tsan/tests/run parallel && WG_THREADS=2 CK_FORK=no $(B)/tsan/tests/run matmul

oom: all ## every allocation failing in turn, on the portable build
	WG_FULL=1 $(MAKE) B=$(B)/portable DEPS=skip BACKEND=portable $(B)/portable/tests/run
	$(B)/portable/tests/run oom

fuzz: ## readers of bytes from outside, on mutated input, for longer, under the sanitizers
	$(ASAN_ENV) $(MAKE) B=$(B)/asan OPT='-O1 -g' DEPS=skip \
	  EXTRA='-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer' $(B)/asan/tests/run
	for s in parse fuzz; do WG_FULL=1 $(B)/asan/tests/run $$s || exit 1; done

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20
	@echo '  settings: CC, OPT, PREFIX, DESTDIR, BACKEND=portable|blas|dnnl, DEPS=skip, V=1'

clean: ## removes what was built
	rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
