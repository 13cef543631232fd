# TRA-CE. `make help` prints the targets.
PORT ?= 8080
DATA ?= var
DEMO ?= 1
SERVER ?= lighttpd
BUILD ?= build
CC = gcc
CFLAGS ?= -O2 -g
SAN ?=
WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wvla -Wformat=2 -Werror
HARD = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
# Expanded when first needed, after `deps` has put pkg-config there.
PKGS = libseccomp json-c sqlite3 libsodium libcrypto yaml-0.1 libpcre2-8 zlib libzstd libcurl libevtx libbfio expat
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE $(WARN) $(if $(SAN),$(SAN) -fno-omit-frame-pointer,$(HARD)) $(CFLAGS) -Ilib -I$(BUILD)/gen -pthread
# As needed: libcurl brings many megabytes, which only those who send pay.
LDFLAGS ?=
LIBS = $(LDFLAGS) -Wl,--as-needed -lfcgi $(shell pkg-config --libs $(PKGS)) -lm -pthread

LIB_C  := $(wildcard lib/*.c lib/*/*.c)
FCGI_C := $(wildcard fcgi/*.c)
ADMIN_C := $(wildcard fcgi/admin/*.c)
EVENTS_C := $(wildcard fcgi/events/*.c)
CLI_C  := $(wildcard cli/*.c)
UNIT_C := $(wildcard tests/unit/*.c)
LIB_O  := $(LIB_C:%.c=$(BUILD)/%.o)
FCGI   := $(FCGI_C:fcgi/%.c=$(BUILD)/fcgi/%.fcgi)
UNIT   := $(UNIT_C:tests/unit/%.c=$(BUILD)/tests/%)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

deps: ## install what is missing (Debian packages of packages.txt)
	@sh packaging/deps.sh build run $(if $(filter apache fcgid,$(SERVER)),apache)
deps-test:
	@sh packaging/deps.sh build run apache test

all: $(FCGI) $(BUILD)/tra-ce ## build everything

$(BUILD)/gen/attack_table.h: db/attack/gen.py $(wildcard db/attack/*.tsv)
	@mkdir -p $(@D)
	/usr/bin/python3 db/attack/gen.py db/attack > $@.tmp && mv $@.tmp $@
$(BUILD)/lib/attack.o: $(BUILD)/gen/attack_table.h

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/libtrace.a: $(LIB_O)
	@rm -f $@ && ar rcs $@ $^
$(BUILD)/fcgi/%.fcgi: $(BUILD)/fcgi/%.o $(BUILD)/libtrace.a
	@echo "  LD $@"
	@$(CC) $(ALL_CFLAGS) -pie -o $@ $(filter %.o,$^) $(BUILD)/libtrace.a $(LIBS)
# Responders of several files: fcgi/NAME.c and what is in fcgi/NAME/.
$(BUILD)/fcgi/admin.fcgi: $(ADMIN_C:%.c=$(BUILD)/%.o)
$(BUILD)/fcgi/events.fcgi: $(EVENTS_C:%.c=$(BUILD)/%.o)
$(BUILD)/tra-ce: $(CLI_C:%.c=$(BUILD)/%.o) $(BUILD)/libtrace.a
	@echo "  LD $@"
	@$(CC) $(ALL_CFLAGS) -pie -o $@ $^ $(LIBS)
$(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(BUILD)/libtrace.a
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) $(ALL_CFLAGS) -pie -o $@ $^ $(LIBS) -lcmocka
.PRECIOUS: $(BUILD)/%.o
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

run: deps ## build, start the web server in the foreground, load the sample, print its chains
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@PORT=$(PORT) DATA=$(DATA) DEMO=$(DEMO) SERVER=$(SERVER) BUILD=$(BUILD) exec /usr/bin/python3 packaging/run.py

check: deps-test ## build and run every test
	@$(MAKE) --no-print-directory -j$$(nproc) all tests
	@BUILD=$(BUILD) /usr/bin/python3 tests/run.py
tests: $(UNIT)

check-san: deps-test ## the unit and golden tests under ASan and UBSan
	@$(MAKE) --no-print-directory -j$$(nproc) BUILD=$(BUILD)/san SAN="-fsanitize=address,undefined -fno-sanitize-recover=undefined" CFLAGS="-O1 -g" all tests fuzzers
	@BUILD=$(BUILD)/san /usr/bin/python3 tests/run.py --san

# Fuzzers: one program a reader of foreign bytes, for libFuzzer or, with
# replay.c, for the inputs that are kept.
FUZZ_C := $(filter-out tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c))
FUZZ_S ?= 60
fuzz: ## libFuzzer on every reader of foreign bytes, FUZZ_S seconds each
	@sh packaging/deps.sh build test fuzz
	@$(MAKE) --no-print-directory -j$$(nproc) CC=clang BUILD=$(BUILD)/fuzz SAN="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fsanitize=fuzzer-no-link" CFLAGS="-O1 -g" FUZZ_L="-fsanitize=fuzzer" fuzzers $(BUILD)/fuzz/tra-ce
	@BUILD=$(BUILD)/fuzz /usr/bin/python3 tests/fuzz/fuzz.py --seconds $(FUZZ_S) $(FUZZ)
fuzzers: $(FUZZ_C:tests/fuzz/%.c=$(BUILD)/fuzz-%)
FUZZ_L ?= $(BUILD)/tests/fuzz/replay.o
$(BUILD)/fuzz-%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/replay.o $(BUILD)/libtrace.a
	@echo "  LD $@"
	@$(CC) $(ALL_CFLAGS) -pie -o $@ $< $(FUZZ_L) $(BUILD)/libtrace.a $(LIBS)

check-clang: deps-test ## clang builds everything without a warning, too
	@$(MAKE) --no-print-directory -j$$(nproc) CC=clang BUILD=$(BUILD)/clang all tests || { echo "0 passed, 1 failed"; exit 1; }
	@echo "1 passed, 0 failed"

lint: ## layers, banned calls, sizes
	@/usr/bin/python3 tests/lint/lint.py

eval: all ## judge the product on public data beside the checkout (skipped where it is missing)
	@/usr/bin/python3 tests/eval.py $(EVAL)

$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/libtrace.a
	@mkdir -p $(@D)
	@echo "  LD $@"
	@$(CC) $(ALL_CFLAGS) -pie -o $@ $^ $(LIBS)
bench: all $(BUILD)/bench/rates ## rates and sizes of the parts
	@BUILD=$(BUILD) /usr/bin/python3 tests/bench.py $(BENCH)

DESTDIR ?=
PREFIX ?= /usr
SHARE = $(DESTDIR)$(PREFIX)/share/tra-ce
install: all ## into $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/tra-ce/fcgi $(SHARE)/rules $(SHARE)/sample $(DESTDIR)$(PREFIX)/share/doc/tra-ce
	install -m 0755 $(BUILD)/tra-ce $(DESTDIR)$(PREFIX)/bin/tra-ce
	install -m 0755 $(FCGI) $(DESTDIR)$(PREFIX)/lib/tra-ce/fcgi/
	install -m 0644 db/rules/*.yml $(SHARE)/rules/
	install -m 0644 db/sample/*.ndjson $(SHARE)/sample/
	install -m 0644 www/openapi.json www/conf/*.conf $(SHARE)/
	cd www && find . -type f \( -path './console/*' -o -path './admin/*' \) -exec install -D -m 0644 {} $(abspath $(SHARE))/{} \;
	$(BUILD)/tra-ce conf -T >$(SHARE)/tra-ce.conf
	install -m 0644 LICENSE README.md OPERATIONS.md $(DESTDIR)$(PREFIX)/share/doc/tra-ce/
	install -m 0644 db/attack/LICENSE.txt $(DESTDIR)$(PREFIX)/share/doc/tra-ce/LICENSE.attack.txt
# What a system needs around that: configuration, snippets, units, completion.
SYSTEMD = $(DESTDIR)/lib/systemd/system
install-system:
	install -d $(DESTDIR)/etc/tra-ce $(SYSTEMD)
	$(BUILD)/tra-ce conf -T | sed 's/^\([a-z]\)/#\1/' >$(DESTDIR)/etc/tra-ce/tra-ce.conf
	install -D -m 0644 -t $(DESTDIR)/etc/lighttpd/conf-available packaging/lighttpd/*.conf
	install -D -m 0644 -t $(DESTDIR)/etc/apache2/conf-available packaging/apache/*.conf
	install -D -m 0644 packaging/completion.bash $(DESTDIR)/usr/share/bash-completion/completions/tra-ce
	install -m 0644 packaging/systemd/tra-ce* $(SYSTEMD)/
	sed 's/^Description=.*/&, the second/' 'packaging/systemd/tra-ce@.service' >'$(SYSTEMD)/tra-ce-second@.service'
	for u in tra-ce@ tra-ce-second@ tra-ce-prune; do install -D -m 0644 -t "$(SYSTEMD)/$$u.service.d" packaging/systemd/hardened.conf || exit 1; done
	for r in investigate webhooks; do install -D -m 0644 -t "$(SYSTEMD)/tra-ce@$$r.service.d" packaging/systemd/network.conf || exit 1; done
	install -D -m 0644 -t $(SYSTEMD)/tra-ce-second@investigate.service.d packaging/systemd/network.conf
	for r in analyze chains graph investigate triage; do install -D -m 0644 -t "$(SYSTEMD)/tra-ce@$$r.service.d" packaging/systemd/second.conf || exit 1; done

deb: ## the Debian package, into build/deb
	@sh packaging/deps.sh build deb
	@sh packaging/deb.sh $(BUILD)/deb
SCENARIO ?=
deb-test: deb ## the package in fresh Debians (root); SCENARIO=build, lighttpd, apache, fcgid or around: one part
	@sh packaging/deps.sh deb deb-test
	@/usr/bin/python3 packaging/debtest.py $(BUILD)/deb $(SCENARIO)
clean: ## remove what was built
	rm -rf $(BUILD)
.PHONY: help deps deps-test all install-system deb deb-test run check check-san check-clang lint eval bench install clean tests fuzz fuzzers
