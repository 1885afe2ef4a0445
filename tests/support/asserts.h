// For tests: what cmocka's own assertions lack, and the size of a table of cases.
#ifndef DROWSE_TESTS_ASSERTS_H
#define DROWSE_TESTS_ASSERTS_H

#include <stdint.h>

#include "drowse/text.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

// `what` leads the message of the failure.
void assert_text(const char *what, struct text got, const char *wanted);
// cmocka's own compare whole numbers.
void assert_near(double got, double wanted, double within);
// RFC 3339, or the test fails.
int64_t instant_of(const char *text);

#endif
