# drowse: see `make help`.

# ---- settings ---------------------------------------------------------------------------------------------
SANITIZER ?=
comma     := ,
BUILD     ?= build$(if $(SANITIZER),/san-$(subst $(comma),-,$(SANITIZER)))
# Libraries built from source packages; all build folders share them. Small ones for Lambda are another set.
DEPS      ?= build/deps
LINKED    ?= drowse
MACHINE   ?= x86_64
prefix    ?= /usr/local
DESTDIR   ?=
JOBS      ?= $(shell nproc 2>/dev/null || echo 2)
# make predefines CC as cc: gcc, unless somebody has said otherwise.
ifeq ($(origin CC),default)
  CC := gcc
endif

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wswitch-enum -Wmissing-prototypes -Wvla -Wwrite-strings
# Warnings are errors under the compilers that the build machine uses; what a newer one thinks up stops nobody.
WERROR   ?= $(if $(filter 12 14.%,$(shell $(CC) -dumpversion 2>/dev/null)),-Werror)
OPTIMISE ?= -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
CFLAGS   ?=
LANGUAGE := -std=c11 -I. -Iinclude -D_GNU_SOURCE
CFLAGS_ALL  = $(LANGUAGE) $(OPTIMISE) $(WARNINGS) $(WERROR) -fno-math-errno -ffunction-sections -fdata-sections \
              $(LIBRARY_CFLAGS) $(CPPFLAGS) $(CFLAGS)
LDFLAGS_ALL = -Wl,--gc-sections,--as-needed -Wl,-z,relro,-z,now $(LDFLAGS)
ifneq ($(SANITIZER),)
  OPTIMISE := -O1 -g -fno-omit-frame-pointer
  CFLAGS_ALL  += -fsanitize=$(SANITIZER) -fno-sanitize-recover=all
  LDFLAGS_ALL += -fsanitize=$(SANITIZER)
endif

# As system headers, so that no warning about them is ours. libcurl and cJSON are our own (.ci/libraries): the
# distribution has no archive of the one that links, and none of the other.
LIBRARIES := $(DEPS)/$(LINKED)
LIBRARY_CFLAGS := -isystem $(LIBRARIES)/include \
    $(if $(filter drowse,$(LINKED)),$(patsubst -I%,-isystem %,$(shell pkg-config --cflags lua5.4 2>/dev/null || pkg-config --cflags lua-5.4 2>/dev/null)))
# A library's archive where the compiler finds one, else its -l option. Archives start faster: a process with
# libcurl and OpenSSL linked in starts in 1 ms, with the distribution's shared ones in 4.
archive = $(or $(if $(filter-out drowse,$(LINKED)),-l$(1)),$(filter /%,$(shell $(CC) -print-file-name=lib$(1).a 2>/dev/null)),-l$(1))
# What OpenSSL's archives need in turn (compression, from Debian 13 on); glibc has threads and dlopen in itself.
OPENSSL_NEEDS := $(sort $(filter-out ssl crypto dl pthread,$(patsubst -l%,%,$(filter -l%,\
                     $(shell pkg-config --static --libs openssl 2>/dev/null)))))
LIBS := -L$(LIBRARIES)/lib -lcurl -lcjson \
        $(foreach library,ssl crypto $(OPENSSL_NEEDS) yaml lua5.4,$(call archive,$(library))) -lm
# At an address of its own the command line starts 0.4 ms sooner and 1 MB smaller: OpenSSL's tables hold 20,000
# pointers, which need no relocation then. PIE=-pie makes it movable. Lambda's bootstrap always is.
PIE ?= $(if $(SANITIZER),,-no-pie)
FUZZ_SECONDS ?= 10
FUZZ_SEED    ?= 0
# ---- end of settings --------------------------------------------------------------------------------------

# One static library a layer; the order is the direction: a layer sees itself and those before it.
LAYERS := base core lang recording sys aws shell sim report handler cli

base_SRC := arena.c buffer.c diag.c diag_print.c json_read.c json_scan.c json_write.c text.c text_match.c text_number.c variables.c utf8.c utf8_width.c instant.c instant_format.c zone.c zone_decode.c zone_footer.c
core_SRC := series.c span.c evaluator.c decide.c message.c window.c schedule.c schedule_next.c cron_field.c node.c retention.c
lang_SRC := expression_names.c expression_report.c expression_lexer.c expression_literal.c expression_parser.c expression_scope.c expression_type.c expression_call.c expression_compile.c expression_constant.c expression_template.c dump_expression.c tree.c yaml.c yaml_source.c yaml_cut.c yaml_fault.c schema.c load.c load_files.c load_fields.c load_values.c load_names.c load_params.c load_metrics.c load_windows.c load_rules.c load_schedule.c merge.c edits.c walk.c bounds.c lint.c dump.c digest.c lua_block.c lua_sandbox.c lua_environment.c lua_base.c lua_string.c lua_pattern.c lua_table.c lua_scan.c lua_places.c lua_read.c lua_reader.c lua_reader_functions.c lua_answer.c lua_script.c
recording_SRC := recording.c pages.c metric_data.c statistics.c csv.c services.c source.c stamps.c order.c buckets.c notes.c labels.c view.c
sys_SRC := clock.c chance.c files.c reason.c http.c http_headers.c http_library.c http_outcome.c http_sockets.c http_transfer.c http_trust.c http_url.c roots.c
aws_SRC := sigv4.c credentials.c credentials_search.c credentials_environment.c credentials_web_identity.c credentials_profile.c profile.c credentials_sts.c credentials_process.c credentials_container.c credentials_metadata.c xml.c aws.c settings.c request.c call.c attempt.c retry.c skew.c call_error.c ecs.c ecs_answer.c ecs_change.c ecs_list.c cloudwatch.c cloudwatch_plan.c cloudwatch_answer.c record.c
shell_SRC := run.c describe.c targets.c choose.c reach.c needs.c gather.c apply.c lower.c raise.c blast_radius.c params.c request.c
sim_SRC := outlook.c replay.c replay_demand.c state_file.c state_service.c state_change.c
report_SRC := style.c table.c status_table.c json_parts.c answer.c picture.c replay_text.c replay_json.c explanation.c explanation_text.c explanation_json.c plan_table.c record.c record_snapshot.c
handler_SRC := base64.c event_fields.c event.c reply.c log.c trace.c metrics.c summary.c handler.c invoke.c
cli_SRC := environment.c world.c decision_log.c status.c hold.c record.c session.c options.c commands.c help.c live.c state_hints.c target.c check.c run.c plan.c explain.c replay_input.c replay_range.c replay.c invoke.c

# Of Lambda's bootstrap, beside main.c; it stands on handler and what lies below, and knows nothing of cli.
lambdas_SRC := output.c policy_file.c runtime.c runtime_http.c

UNIT_TESTS := series evaluator decide twins instant zone window schedule expression expression_syntax expression_faults message_template text text_number diag json_write json_read json_agreement options replay outlook params recording recording_points services state_file state_change run run_many run_limits choose gather lua_sandbox lua_script lua_reader lua_read yaml load load_faults file_cache load_sections load_checks extends files hostile runtime http http_connections http_tls http_url roots clock sigv4 credentials credentials_profile credentials_web_identity credentials_process credentials_refresh profile event reply log_levels handler aws_settings aws_calls aws_clock aws_ecs aws_tags aws_cloudwatch record handler_many
# tests/tools/NAME.c: programs that tests call; not tests themselves.
TEST_TOOLS := zone_probe fake_runtime hello_bootstrap start_probe fake_aws sigv4_probe certificates
# Files of tests/support/: what several tests, tools, fuzzers or the benchmark share.
TEST_SUPPORT := expressions.c json_oracle.c load.c tzif.c reading.c states.c scripts.c fake_cloud.c run_world.c memory_files.c policy_world.c fake_http.c asserts.c json_members.c expect_json.c listener.c loopback_server.c loopback_certificates.c http_world.c http_server.c http_message.c fake_aws_world.c fake_aws_service.c fake_aws_ecs.c fake_aws_metrics.c fake_aws_samples.c fake_aws_signature.c fake_aws_keys.c fake_aws_faults.c fake_aws_log.c fake_aws_control.c credentials_case.c fleet.c scripted_aws.c handler_world.c runtime_script.c
# Unit tests that take too long under valgrind.
VALGRIND_SLOW := twins

# ---- rules ------------------------------------------------------------------------------------------------
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $(1)")

all: $(BUILD)/drowse  ## build/drowse (needs the packages that `make packages` installs)

# Asks each time whether what is there was built from what is wanted, and seldom has to build.
$(LIBRARIES)/key: FORCE
	@.ci/libraries $(DEPS) $(subst -, ,$(LINKED))

# Recompiles everything when the compiler, its options or the libraries change, and only then.
$(BUILD)/flags: $(LIBRARIES)/key FORCE
	@mkdir -p $(@D)
	@{ echo '$(CC) $(CFLAGS_ALL)'; cat $<; } | cmp -s - $@ || { echo '$(CC) $(CFLAGS_ALL)'; cat $<; } > $@

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC $<)
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

objects = $(patsubst %.c,$(BUILD)/obj/engine/$(1)/%.o,$($(1)_SRC))
define layer_rule
$(BUILD)/lib/libdrowse-$(1).a: $(call objects,$(1)) Makefile
	@mkdir -p $$(@D)
	@rm -f $$@
	@$(AR) rcs $$@ $$(filter %.o,$$^)
endef
$(foreach layer,$(LAYERS),$(eval $(call layer_rule,$(layer))))

# The linker reads upper layers first; a library that reaches up is left with undefined symbols.
reverse = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
LINK_ORDER := $(call reverse,$(LAYERS:%=$(BUILD)/lib/libdrowse-%.a))
LAMBDAS := $(BUILD)/lib/libdrowse-lambdas.a
$(LAMBDAS): $(lambdas_SRC:%.c=$(BUILD)/obj/lambdas/%.o) Makefile
	@mkdir -p $(@D)
	@rm -f $@
	@$(AR) rcs $@ $(filter %.o,$^)
SUPPORT := $(BUILD)/lib/libtest-support.a
$(SUPPORT): $(patsubst %.c,$(BUILD)/obj/tests/support/%.o,$(TEST_SUPPORT)) Makefile
	@mkdir -p $(@D)
	@rm -f $@
	@$(AR) rcs $@ $(filter %.o,$^)
link = $(Q)mkdir -p $(@D) && $(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(filter %.o %.a,$^) $(1) $(LIBS)

$(BUILD)/drowse: $(BUILD)/obj/engine/cli/main.o $(LINK_ORDER)
	$(call say,LD $@)
	$(call link,$(PIE))

$(BUILD)/bootstrap: $(BUILD)/obj/lambdas/main.o $(LAMBDAS) $(filter-out %-cli.a,$(LINK_ORDER))
	$(call say,LD $@)
	$(call link)

UNIT_PROGRAMS := $(UNIT_TESTS:%=$(BUILD)/tests/unit/test_%)
TOOL_PROGRAMS := $(TEST_TOOLS:%=$(BUILD)/tests/tools/%)
FUZZERS       := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAY_PROGRAMS := $(FUZZERS:%=$(BUILD)/tests/fuzz/replay_%)
FUZZ_PROGRAMS   := $(FUZZERS:%=$(BUILD)/tests/fuzz/fuzz_%)

$(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(SUPPORT) $(LAMBDAS) $(LINK_ORDER)
	$(call say,LD $@)
	$(call link,-lcmocka)

# Unit tests that start programs of ours.
$(BUILD)/tests/unit/test_runtime: | $(BUILD)/tests/tools/fake_runtime

$(BUILD)/tests/tools/%: $(BUILD)/obj/tests/tools/%.o $(SUPPORT) $(LAMBDAS) $(LINK_ORDER)
	$(call say,LD $@)
	$(call link)

$(BUILD)/tests/fuzz/replay_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/obj/tests/fuzz/replay_main.o $(SUPPORT) $(LAMBDAS) $(LINK_ORDER)
	$(call say,LD $@)
	$(call link)

$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(SUPPORT) $(LAMBDAS) $(LINK_ORDER)
	$(call say,LD $@)
	$(call link,-fsanitize=fuzzer)

$(BUILD)/bench: $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/bench/*.c)) $(SUPPORT) $(LINK_ORDER)
	$(call say,LD $@)
	$(call link)

# ---- commands: what a person or a build machine calls -------------------------------------------------------
# A command first installs what is missing, then starts make again: only then can libraries be looked for.
again = +$(Q)$(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))

demo:  ## installs what is missing, builds, and replays a policy over two recorded weeks
	@.ci/packages core
	$(again) demo-run
demo-run: $(BUILD)/drowse
	@echo 'Two recorded weeks of a tunnel server, and what policies/production.yaml would have done with it:'
	@echo '$$ $< replay --policy policies/production.yaml examples/tunnel.json'
	@$< replay --policy policies/production.yaml examples/tunnel.json

test:  ## installs what is missing, builds, runs all tests; ALL=1 fails where any is left out
	@.ci/packages core tests $(if $(ALL),checks lambda)
	$(if $(ALL),$(again) lambda)
	$(again) servers
	$(again) test-run
# What tests talk to. Where one is not to be had, they name what they leave out, which ALL=1 does not forgive.
servers:
	@.ci/venv build/venv || [ -z "$(ALL)" ]
	@.ci/faketime build/faketime || true
	@.ci/emulator build/emulator build/venv/bin/python || true
test-programs: $(BUILD)/drowse $(BUILD)/bootstrap $(UNIT_PROGRAMS) $(TOOL_PROGRAMS) $(REPLAY_PROGRAMS)
# Sanitizers make programs, and so the time that each test program is given, four times as long.
run-tests = @python3 tests/run --build $(BUILD) $(if $(SANITIZER),--seconds 1200) $(if $(ALL),--all) $(UNIT_PROGRAMS) \
                $(sort $(wildcard tests/integration/test_*.py)) $(REPLAY_PROGRAMS)
test-run: test-programs
	$(run-tests)

test-unit: $(UNIT_PROGRAMS)  ## the unit tests alone
	@python3 tests/run --build $(BUILD) $(UNIT_PROGRAMS)

SOAK ?= 100000
soak:  ## SOAK (100,000) invocations of the bootstrap against fakes: nothing may grow; VALGRIND=1 for memory faults
	@.ci/packages core tests $(if $(VALGRIND),checks)
	$(again) soak-run
soak-run: $(BUILD)/bootstrap $(TOOL_PROGRAMS)
	@.ci/soak $(BUILD) $(SOAK) $(if $(VALGRIND),valgrind)

valgrind:  ## the unit tests under valgrind
	@.ci/packages core tests checks
	$(again) valgrind-run
valgrind-run: $(UNIT_PROGRAMS)
	@python3 tests/run --build $(BUILD) --valgrind \
	    $(filter-out $(VALGRIND_SLOW:%=$(BUILD)/tests/unit/test_%),$(UNIT_PROGRAMS))

# The program that Lambda runs, small: libraries of its own, link-time optimisation, no unwind tables, no symbols.
LAMBDA_OPTIMISE := -O2 -flto=auto -fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
                   -fno-unwind-tables -fno-asynchronous-unwind-tables
LAMBDA_LDFLAGS  := -pie -s -Wl,-z,noexecstack,--build-id=none
lambda:  ## build/lambda/bootstrap and bootstrap.zip, for Lambda's provided.al2023
	@.ci/portable host
	@.ci/packages core lambda
	$(again) BUILD=$(BUILD)/lambda LINKED=lambda-$(MACHINE) OPTIMISE='$(LAMBDA_OPTIMISE)' CFLAGS= \
	    LDFLAGS='$(LAMBDA_LDFLAGS)' CC=gcc AR=gcc-ar SANITIZER= lambda-run
lambda-run: $(BUILD)/bootstrap
	@sed -n 's/^source /  linked in: /p' $(LIBRARIES)/key
	@.ci/portable $<
	@.ci/zip $(BUILD)/bootstrap.zip $< policies

lint:  ## format, clang-tidy, cppcheck, and the rules of this house
	@.ci/packages core tests checks
	$(again) --keep-going lint-run
LINT_C := $(foreach layer,$(LAYERS),$($(layer)_SRC:%=engine/$(layer)/%)) engine/cli/main.c $(lambdas_SRC:%=lambdas/%) lambdas/main.c \
          $(sort $(wildcard tests/unit/*.c tests/support/*.c tests/tools/*.c tests/fuzz/*.c tests/bench/*.c examples/*.c))
HEADERS := $(sort $(wildcard include/drowse/*.h engine/*/*.h lambdas/*.h tests/*/*.h))
CLANG_FORMAT ?= $(shell command -v clang-format-14 || { clang-format --version 2>/dev/null | grep -qw 'version 14' && echo clang-format; })
lint-run: $(LINT_C:%=$(BUILD)/lint/%.tidy) $(LINT_C:%=$(BUILD)/lint/%.cppcheck) lint-format lint-house lint-symbols
	@echo "lint: $(words $(LINT_C)) sources and $(words $(HEADERS)) headers: clang-format, clang-tidy, cppcheck, house rules, symbols: passed"
$(BUILD)/lint/%.tidy: % $(HEADERS) .clang-tidy tests/.clang-tidy | $(LIBRARIES)/key
	@mkdir -p $(@D)
	$(call say,TIDY $<)
	$(Q)clang-tidy --quiet $< -- $(LANGUAGE) $(WARNINGS) -Wmissing-variable-declarations $(LIBRARY_CFLAGS) 2>$@.log \
	    || { grep -v 'warnings* generated' $@.log; false; }
	@touch $@
$(BUILD)/lint/%.cppcheck: % $(HEADERS)
	@mkdir -p $(@D)
	$(call say,CPPCHECK $<)
	$(Q)cppcheck --quiet --std=c11 --language=c --platform=unix64 --enable=warning,performance,portability \
	    --inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem --suppress=resourceLeak --suppress=autoVariables \
	    --suppress=normalCheckLevelMaxBranches -I. -Iinclude -D_GNU_SOURCE $<
	@touch $@
lint-format:
ifneq ($(CLANG_FORMAT),)
	$(Q)$(CLANG_FORMAT) --dry-run -Werror $(LINT_C) $(HEADERS)
else
	@echo "left out: clang-format: version 14 is not here, and others format differently"; [ -z "$(ALL)" ]
endif
UNLISTED := $(filter-out $(LINT_C),$(wildcard engine/*/*.c lambdas/*.c)) \
            $(filter-out $(UNIT_TESTS:%=tests/unit/test_%.c),$(wildcard tests/unit/test_*.c))
lint-house:
	$(Q)[ -z '$(strip $(UNLISTED))' ] || { echo 'in no list of the Makefile: $(strip $(UNLISTED))'; false; }
	$(Q)python3 .ci/house $(LINT_C) $(HEADERS)
lint-symbols: test-programs
	$(Q)python3 .ci/symbols $(BUILD)
format:  ## puts all sources into the one format
	$(Q)$(CLANG_FORMAT) -i $(LINT_C) $(HEADERS)

cover:  ## coverage of the tests by gcov and gcovr, with floors: branches of core 95 %, lines of lang 90 %
	@.ci/packages core tests checks
	$(again) BUILD=$(BUILD)/cover OPTIMISE='-O0 -g' CFLAGS='$(CFLAGS) --coverage' cover-run
cover-run: test-programs
	@find $(BUILD) -name '*.gcda' -delete
	$(run-tests) || tests=failed; .ci/cover $(BUILD) && [ -z "$$tests" ]

fuzz:  ## each fuzzer for FUZZ_SECONDS (10), from FUZZ_SEED (0: a new one each time)
	@.ci/packages core checks
	$(again) BUILD=$(BUILD)/fuzz CC=clang SANITIZER=fuzzer-no-link,address,undefined fuzz-run
fuzz-run: $(FUZZ_PROGRAMS)
	@.ci/fuzz $(BUILD) $(FUZZ_SECONDS) $(FUZZ_SEED) $(FUZZERS)

bench:  ## the figures of docs and design, against a saved run; SAVE=1 saves this one
	@.ci/packages core
	$(again) OPTIMISE='-O2 -DNDEBUG' SAVED=$(BUILD)/bench.txt BUILD=$(BUILD)/release bench-run
bench-run: $(BUILD)/bench $(BUILD)/drowse $(BUILD)/bootstrap \
           $(addprefix $(BUILD)/tests/tools/,start_probe hello_bootstrap fake_runtime fake_aws certificates)
	@.ci/bench $(BUILD)/bench $(BUILD)/drowse $(SAVED) $(SAVE)

install: $(BUILD)/drowse  ## into DESTDIR and prefix: the binary, policies, examples, docs
	install -d $(DESTDIR)$(prefix)/bin $(DESTDIR)$(prefix)/share/drowse $(DESTDIR)$(prefix)/share/doc/drowse
	install -m 755 $(BUILD)/drowse $(DESTDIR)$(prefix)/bin/drowse
	cp -R policies examples $(DESTDIR)$(prefix)/share/drowse/
	cp -R docs/. README.md LICENSE $(DESTDIR)$(prefix)/share/doc/drowse/
	@echo "installed into $(DESTDIR)$(prefix)"
clean:  ## removes what was built
	rm -rf $(BUILD)
packages:  ## installs what building and testing need
	@.ci/packages core tests
help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo "settings: BUILD= CC= CFLAGS= SANITIZER=address|undefined|thread|address,undefined V=1 DESTDIR= prefix="

.PHONY: FORCE all demo demo-run test servers test-run test-programs test-unit soak soak-run lambda lambda-run valgrind valgrind-run lint lint-run lint-format \
        lint-house lint-symbols format cover cover-run fuzz fuzz-run bench bench-run install clean packages help
.SECONDARY:
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
