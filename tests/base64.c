/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/certificate/base64.h"

#include "reference/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* By Python's base64.b64encode(struct.pack('<..d', ...)). */
Test(base64, texts_of_another_implementation)
{
    static const double values[] = {1.0, -0.1, 5e-324};
    static const char *const expected[] = {
        "AAAAAAAA8D8=", "AAAAAAAA8D+amZmZmZm5vw==", "AAAAAAAA8D+amZmZmZm5vwEAAAAAAAAA"};

    for (size_t n = 0; n < 3; n++) {
        char *text = sc_base64_encode(values, n + 1);
        cr_assert_not_null(text);
        cr_expect_str_eq(text, expected[n]);
        cr_expect_eq(strlen(text), sc_base64_size(n + 1));
        free(text);
    }
}

Test(base64, what_is_encoded_comes_back)
{
    struct sc_random random = {7};

    for (size_t count = 0; count < 40; count++) {
        double values[40] = {0.0}, back[40] = {0.0};
        for (size_t n = 0; n < count; n++) {
            values[n] = ldexp(sc_random_normal(&random), sc_random_int(&random, -1080, 1020));
        }
        char *text = sc_base64_encode(values, count);
        cr_assert_not_null(text);
        cr_expect(sc_base64_decode(text, strlen(text), back, count));
        cr_expect_eq(memcmp(values, back, sizeof values), 0, "%zu", count);
        free(text);
    }
}

Test(base64, other_texts_are_refused)
{
    static const double value = 1.0;
    double back[2];
    char *text = sc_base64_encode(&value, 1); /* AAAAAAAA8D8= */

    cr_assert_not_null(text);
    cr_expect(!sc_base64_decode(text, 12, back, 2));
    cr_expect(!sc_base64_decode(text, 11, back, 1));
    cr_expect(!sc_base64_decode("AAAAAAAA8D8A", 12, back, 1));
    cr_expect(!sc_base64_decode("AAAAAAAA8D9=", 12, back, 1)); /* bits beyond the last byte */
    cr_expect(!sc_base64_decode("AAAAAAAA8D==", 12, back, 1));
    for (size_t n = 0; n < 12; n++) {
        static const char bad[] = "=-_ \n\0\x80";
        for (size_t b = 0; b < sizeof bad - 1; b++) {
            char broken[13];
            memcpy(broken, text, sizeof broken);
            broken[n] = bad[b];
            cr_expect(!sc_base64_decode(broken, 12, back, 1) || broken[n] == text[n], "%zu %zu", n,
                      b);
        }
    }
    free(text);
}
