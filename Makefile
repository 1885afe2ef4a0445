# drowse: see `make help`.

# ---- settings ---------------------------------------------------------------------------------------------
BUILD   ?= build
CC      ?= gcc
prefix  ?= /usr/local
SANITIZER ?=

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wswitch-enum -Wmissing-prototypes -Wvla -Wwrite-strings -Werror
OPTIMISE ?= -O2 -g
CFLAGS   ?=
CPPFLAGS_ALL := -I. -Iinclude -D_GNU_SOURCE $(CPPFLAGS)
CFLAGS_ALL   := -std=c11 $(OPTIMISE) $(WARNINGS) -fno-math-errno $(CFLAGS)
LDFLAGS_ALL  := $(LDFLAGS)
ifneq ($(SANITIZER),)
  comma := ,
  CFLAGS_ALL  += -fsanitize=$(SANITIZER) -fno-sanitize-recover=all -fno-omit-frame-pointer
  LDFLAGS_ALL += -fsanitize=$(SANITIZER)
endif
LUA_CFLAGS := $(shell pkg-config --cflags lua5.4 2>/dev/null)
CPPFLAGS_ALL += $(LUA_CFLAGS)
# Static where the distribution has archives: a policy check must start in a millisecond.
LIBS := -Wl,-Bstatic -lyaml -llua5.4 -lcjson -Wl,-Bdynamic -lcrypto -lm
# ---- end of settings --------------------------------------------------------------------------------------

# One static library a layer; the order is the direction: a layer sees itself and those before it.
LAYERS := base core lang recording sys shell sim report cli

base_SRC := arena.c
core_SRC :=
lang_SRC :=
recording_SRC :=
sys_SRC :=
shell_SRC :=
sim_SRC :=
report_SRC :=
cli_SRC :=

UNIT_TESTS :=

# ---- rules ------------------------------------------------------------------------------------------------
objects = $(patsubst %.c,$(BUILD)/obj/engine/$(1)/%.o,$($(1)_SRC))
LIBRARIES := $(foreach layer,$(LAYERS),$(BUILD)/lib/libdrowse-$(layer).a)
# The linker reads upper layers first; a library that reaches up is left with undefined symbols.
reverse = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
LINK_ORDER := $(call reverse,$(LIBRARIES))

.PHONY: all test-unit clean help
.DEFAULT_GOAL := all
all: $(BUILD)/drowse

define layer_rule
$(BUILD)/lib/libdrowse-$(1).a: $(call objects,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	@$(AR) rcs $$@ $$^
endef
$(foreach layer,$(LAYERS),$(eval $(call layer_rule,$(layer))))

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(BUILD)/drowse: $(BUILD)/obj/engine/cli/main.o $(LINK_ORDER)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

UNIT_PROGRAMS := $(UNIT_TESTS:%=$(BUILD)/tests/unit/test_%)
$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(LINK_ORDER)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LIBS) -lcmocka

test-unit: $(UNIT_PROGRAMS)
	@failed=0; for t in $(UNIT_PROGRAMS); do $$t || failed=1; done; exit $$failed

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
