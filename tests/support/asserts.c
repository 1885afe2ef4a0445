#include "tests/support/asserts.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/base/instant.h"
#include "engine/base/text.h"

void assert_text(const char *what, struct text got, const char *wanted)
{
    if (!text_is(got, wanted))
        fail_msg("%s\n    got    \"%.*s\"\n    wanted \"%s\"", what, TEXT_ARG(got), wanted);
}

void assert_near(double got, double wanted, double within)
{
    if (!(fabs(got - wanted) <= within))
        fail_msg("got %.6f, wanted %.6f within %g", got, wanted, within);
}

int64_t instant_of(const char *text)
{
    double at_s;
    if (!parse_instant(text_of(text), &at_s))
        fail_msg("\"%s\" is no instant", text);
    return (int64_t)at_s;
}
