/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/float_text.h"

#include "reference/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static float of_bits(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t bits_of(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void check(uint32_t bits)
{
    const float value = of_bits(bits);
    char text[SC_FLOAT_TEXT_MAX];
    float read = 7.0f;

    if (!isfinite(value)) {
        return;
    }
    const size_t length = sc_float_text_print(value, text);
    cr_assert_eq(length, strlen(text));
    cr_assert_eq(bits_of(strtof(text, NULL)), bits, "%08x is printed as %s", bits, text);
    cr_assert(sc_float_text_parse(text, length, &read), "%s", text);
    cr_assert_eq(bits_of(read), bits, "%s", text);
}

Test(float_text, what_is_printed_is_read_back_here_and_by_the_c_library)
{
    struct sc_random random = {1};

    for (uint32_t field = 0; field < 255; field++) {
        static const uint32_t fractions[] = {0, 1, 2, 0x400000, 0x7fffff, 0x7ffffe};
        for (int x = 0; x < 6; x++) {
            check(field << 23 | fractions[x]);
            check(0x80000000u | field << 23 | fractions[x]);
        }
    }
    for (int n = 0; n < 20000; n++) {
        check((uint32_t)sc_random_bits(&random));
    }
}

Test(float_text, other_forms_are_read_exactly)
{
    static const struct {
        const char *text;
        float value;
    } forms[] = {{"0", 0.0f},
                 {"17", 17.0f},
                 {"-3", -3.0f},
                 {"0x3p+2", 12.0f},
                 {"0x0.8p1", 1.0f},
                 {"0xf.8p-1", 7.75f},
                 {"-0x1p-149", -0x1p-149f},
                 {"0x1.80p0", 1.5f},
                 {"16777216", 0x1p24f}};

    for (size_t x = 0; x < sizeof forms / sizeof forms[0]; x++) {
        float value = 7.0f;
        cr_expect(sc_float_text_parse(forms[x].text, strlen(forms[x].text), &value), "%s",
                  forms[x].text);
        cr_expect_eq(value, forms[x].value, "%s", forms[x].text);
    }
}

Test(float_text, what_is_no_number_or_not_exact_is_refused)
{
    static const char *const texts[] = {"",         "-",
                                        "+1",       "0.5",
                                        "0x",       "0x1",
                                        "0x1.p0",   "0x1p",
                                        "0x1p+",    "0x1p1 ",
                                        " 0x1p1",   "0x1p128",
                                        "0x1p-150", "0x1.0000001p0",
                                        "nan",      "inf",
                                        "0x1P1",    "0X1p1",
                                        "16777217", "1e3",
                                        "0x1p1000", "0x1p99999999999999999999",
                                        "0x10p0",   "0x1.123456789p0",
                                        "--1",      "0x-1p0",
                                        "0x1pp1"};

    for (size_t x = 0; x < sizeof texts / sizeof texts[0]; x++) {
        float value = 7.0f;
        cr_expect_not(sc_float_text_parse(texts[x], strlen(texts[x]), &value), "%s", texts[x]);
        cr_expect_eq(value, 7.0f, "%s", texts[x]);
    }
}
