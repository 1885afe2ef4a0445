// How far the local clock is off, by AWS's Date headers.
#include "engine/aws/aws_parts.h"

#include <math.h>

#include "engine/base/instant.h"

#define TRUSTED_ELAPSED_S 900.0  // a slower answer says nothing (as AWS's SDKs have it)
#define DATE_BYTES 29            // "Mon, 23 Nov 2026 06:35:36 GMT"
#define ISO_BYTES 32

void skew_observe(struct skew *skew, double low_s, double high_s)
{
    bool seen = skew->seen;
    skew->seen = true;
    if (skew->correction_s >= low_s && skew->correction_s <= high_s)
        return;
    double off_s = skew->correction_s < low_s ? low_s - skew->correction_s : skew->correction_s - high_s;
    if (seen)
        skew->doubt_s = fmax(skew->doubt_s, off_s);
    skew->correction_s = (low_s + high_s) / 2;
}

static bool month_of(struct text name, int *month)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12; i++) {
        if (text_eq(name, (struct text){names + 3 * i, 3})) {
            *month = i + 1;
            return true;
        }
    }
    return false;
}

bool http_date(struct text date, double *at_s)
{
    static const char form[] = "aaa, 00 aaa 0000 00:00:00 GMT";
    if (date.n != DATE_BYTES)
        return false;
    for (size_t i = 0; i < DATE_BYTES; i++) {
        bool digit = date.p[i] >= '0' && date.p[i] <= '9';
        if (form[i] == '0' ? !digit : form[i] != 'a' && form[i] != date.p[i])
            return false;
    }
    int month;
    if (!month_of((struct text){date.p + 8, 3}, &month))
        return false;
    struct buffer text;
    buffer_init(&text, ISO_BYTES);
    buffer_printf(&text, "%.4s-%02d-%.2sT%.8sZ", date.p + 12, month, date.p + 5, date.p + 17);
    bool read = parse_instant(buffer_text(&text), at_s);
    buffer_release(&text);
    return read;
}

bool skew_of_answer(const struct http_answer *answer, double *low_s, double *high_s)
{
    double date_s;
    // An answer from a cache carries the date of its making (RFC 9111, section 5.1).
    if (answer->received_s == 0 || answer->elapsed_s > TRUSTED_ELAPSED_S || http_header_value(answer, "age").n)
        return false;
    if (!http_date(http_header_value(answer, "date"), &date_s))
        return false;
    *low_s = date_s - answer->received_s;
    *high_s = date_s + 1 - (answer->received_s - answer->elapsed_s);
    return *low_s <= *high_s;
}
