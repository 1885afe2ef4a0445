// Making values.
#ifndef DROWSE_CORE_VALUE_H
#define DROWSE_CORE_VALUE_H

#include <math.h>

#include "drowse/value.h"

static inline struct value value_unknown(enum why why)
{
    return (struct value){.knowledge = UNKNOWN, .why = (uint8_t)why};
}

static inline struct value value_unknown_metric(enum why why, uint32_t metric)
{
    return (struct value){.knowledge = UNKNOWN, .why = (uint8_t)why, .what = (uint16_t)metric};
}

static inline struct value value_unfetched(void)
{
    return (struct value){.knowledge = UNFETCHED, .why = WHY_NOT_FETCHED};
}

// A result that is not finite is unknown: nothing compares with it.
static inline struct value value_number(double number)
{
    if (!isfinite(number))
        return value_unknown(WHY_ARITHMETIC);
    return (struct value){.number = number, .knowledge = KNOWN};
}

static inline struct value value_truth(bool truth)
{
    return (struct value){.truth = truth, .knowledge = KNOWN};
}

static inline struct value value_text(struct text text)
{
    return (struct value){.text = text, .knowledge = KNOWN};
}

#endif
