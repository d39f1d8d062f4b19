/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/certificate/stored.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* One token of width 1, whose direction is 1. */
static const char good[] =
    "{\"format\": \"sigmacert lipschitz certificate\", \"version\": 1,"
    " \"layer\": {\"width\": 1, \"heads\": 1, \"d\": 2, \"d_v\": 1, \"out\": 0, \"left\": 5,"
    " \"right\": 0, \"norm\": \"rms\", \"scale\": \"0x1.8p+0\", \"epsilon\": \"0x1p-20\","
    " \"rotation\": \"0x0p+0\", \"slopes\": [\"-0x1p-1\"]},"
    " \"inputs\": {\"w_q\": {\"file\": \"q.npy\", \"sha256\": \"" HASH "\"},"
    " \"w_k\": {\"file\": \"k.npy\", \"sha256\": \"" HASH "\"},"
    " \"w_v\": {\"file\": \"v.npy\", \"sha256\": \"" HASH "\"},"
    " \"gain_q\": {\"file\": \"g.npy\", \"sha256\": \"" HASH "\"}},"
    " \"samples\": [{\"file\": \"x.npy\", \"sha256\": \"" HASH "\", \"index\": -1, \"tokens\": 1,"
    " \"bias\": [\"-0x1.4p+1\"], \"softmax\": {\"lower\": \"0x1p-1\", \"vector\": \"AAAAAAAA8D8=\","
    " \"upper\": {\"value\": \"0x1p+0\", \"shift\": \"0x1.fp-1\", \"side\": \"outputs\"}}}]}";

/* `good` with its first `from` replaced; to be freed. */
static char *changed(const char *from, const char *to)
{
    const char *place = strstr(good, from);
    char *text = malloc(sizeof good + strlen(to));

    cr_assert(place != NULL && text != NULL, "%s", from);
    memcpy(text, good, (size_t)(place - good));
    (void)sprintf(text + (place - good), "%s%s", to, place + strlen(from));
    return text;
}

Test(stored, every_field_is_read)
{
    struct sc_stored s;
    struct sc_error error = {SC_OK, ""};

    cr_assert_eq(sc_stored_read("c", good, strlen(good), &s, &error), SC_OK, "%s", error.text);
    cr_expect(s.layer.width == 1 && s.layer.heads == 1 && s.layer.d == 2 && s.layer.d_v == 1 &&
              s.layer.out == 0 && s.layer.left == 5 && s.layer.right == 0);
    cr_expect(s.layer.norm == SC_SUBJECT_RMS_NORM && s.layer.scale == 1.5 &&
              s.layer.epsilon == 0x1p-20 && s.layer.rotation == 0.0 && s.layer.slopes[0] == -0.5);
    cr_expect_str_eq(s.arrays[SC_STORED_W_K].file, "k.npy");
    cr_expect_str_eq(s.arrays[SC_STORED_GAIN_Q].sha256, HASH);
    cr_expect_null(s.arrays[SC_STORED_W_O].file);
    cr_assert_eq(s.samples_count, 1);
    const struct sc_stored_sample *x = s.samples;
    cr_expect(x->index == -1 && x->count == 1 && x->bias[0] == -2.5 && x->claims[0] == NULL);
    cr_expect(x->claims[1]->low == 0.5 && x->claims[1]->bounded && x->claims[1]->high == 1.0 &&
              x->claims[1]->shift == 0x1.fp-1);
    sc_stored_destroy(&s);
}

Test(stored, what_is_no_certificate_is_refused_in_one_line)
{
    static const struct {
        const char *from, *to, *word;
    } rows[] = {
        {"sigmacert lip", "lip", "format"},
        {"\"version\": 1", "\"version\": 2", "version"},
        {"\"version\": 1", "\"version\": \"1\"", "version"},
        {"\"version\": 1", "\"version\": 1, \"more\": 1", "certificate"},
        {"\"width\": 1", "\"width\": -1", "width"},
        {"\"width\": 1", "\"width\": 0", "width"},
        {"\"width\": 1", "\"width\": 1.0", "width"},
        {"\"width\": 1", "\"width\": 4294967297", "width"},
        {"\"width\": 1", "\"width\": 16777216", "vector"},
        {"\"width\": 1", "\"width\": 99999999999999999999", "no JSON"},
        {"\"width\": 1", "\"width\": 1, \"width\": 1", "no JSON"},
        {"\"heads\": 1", "\"heads\": 16777216", "slopes"},
        {"\"heads\": 1, ", "", "layer"},
        {"\"d\": 2", "\"d\": null", "layer: d"},
        {"\"out\": 0", "\"out\": 3", "out"},
        {"\"left\": 5", "\"left\": -5", "left"},
        {"rms", "batch", "norm"},
        {"rms", "none", "gains"},
        {"0x1.8p+0", "1.5", "scale"},
        {"0x1.8p+0", "nan", "scale"},
        {"0x1.8p+0", "inf", "scale"},
        {"0x1.8p+0", "-0x1.8p+0", "scale"},
        {"0x1.8p+0", "0x1.8p+9999", "scale"},
        {"0x1.8p+0", "0x", "scale"},
        {"0x1.8p+0", "0x1.8p+0 ", "scale"},
        {"\"0x1p-20\"", "1", "epsilon"},
        {"[\"-0x1p-1\"]", "[\"-0x1p-1\", \"0x1p+0\"]", "slopes"},
        {"[\"-0x1p-1\"]", "{}", "slopes"},
        {"[\"-0x1p-1\"]", "[1]", "slopes"},
        {"\"w_k\"", "\"w_z\"", "inputs"},
        {"\"gain_q\"", "\"bias_q\"", "inputs"},
        {"\"q.npy\"", "\"\"", "w_q"},
        {"\"q.npy\"", "\"\\u0000\"", "no JSON"},
        {"\"q.npy\"", "7", "w_q"},
        {HASH, "0123", "w_q"},
        {"f\"}, \"w_k", "F\"}, \"w_k", "w_q"},
        {"[{\"file\"", "[7, {\"file\"", "sample"},
        {"\"samples\": [", "\"samples\": [[], ", "sample"},
        {"\"samples\": [", "\"samples\": [[[[[[[[[[[[[[[[[[[[", "no JSON"},
        {"\"index\": -1", "\"index\": -2", "index"},
        {"\"tokens\": 1", "\"tokens\": 2", "vector"},
        {"\"tokens\": 1", "\"tokens\": 0", "tokens"},
        {"\"tokens\": 1", "\"tokens\": 16777217", "tokens"},
        {"[\"-0x1.4p+1\"]", "[]", "bias"},
        {"\"softmax\": {", "\"relu\": {", "sample"},
        {"0x1p-1\", \"vec", "-0x1p-1\", \"vec", "lower"},
        {"0x1p-1\", \"vec", "nan\", \"vec", "lower"},
        {"AAAAAAAA8D8=", "AAAAAAAA8D8", "vector"},
        {"AAAAAAAA8D8=", "", "vector"},
        {"{\"value\"", "{\"t\": 1, \"value\"", "upper"},
        {"0x1.fp-1", "0x1p+0", "shift"}, /* no rounding of value^2 is left */
        {"0x1.fp-1", "0x1p+1", "shift"},
        {"\"side\": \"outputs\"", "\"side\": \"inputs\"", "side"},
    };

    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        char *text = changed(rows[n].from, rows[n].to);
        struct sc_stored s;
        struct sc_error error = {SC_OK, ""};
        cr_expect_eq(sc_stored_read("c.json", text, strlen(text), &s, &error), SC_E_INPUT,
                     "row %zu, %s", n, rows[n].to);
        cr_expect(strncmp(error.text, "c.json: ", 8) == 0 &&
                      strstr(error.text, rows[n].word) != NULL && strchr(error.text, '\n') == NULL,
                  "row %zu, %s: '%s'", n, rows[n].to, error.text);
        sc_stored_destroy(&s);
        free(text);
    }
}

/* Cut anywhere, or with any byte changed: no crash, and nothing that is cut is accepted. */
Test(stored, broken_bytes_do_no_harm)
{
    char text[sizeof good];

    for (size_t n = 0; n < strlen(good); n++) {
        struct sc_stored s;
        cr_expect_eq(sc_stored_read("c", good, n, &s, NULL), SC_E_INPUT, "%zu bytes", n);
        sc_stored_destroy(&s);
        for (int32_t b = 0; b < 8; b++) {
            memcpy(text, good, sizeof good);
            text[n] = (char)(text[n] ^ 1 << b);
            (void)sc_stored_read("c", text, strlen(good), &s, NULL);
            sc_stored_destroy(&s);
        }
    }
}

/* Commas bound what the parser allocates. */
Test(stored, a_list_of_millions_is_refused_before_it_is_parsed)
{
    const size_t size = (size_t)1 << 24;
    char *text = malloc(size);
    struct sc_stored s;
    struct sc_error error = {SC_OK, ""};

    cr_assert_not_null(text);
    for (size_t n = 0; n < size; n++) {
        text[n] = n == 0 ? '[' : n % 2 == 1 ? '0' : ',';
    }
    cr_expect_eq(sc_stored_read("c", text, size, &s, &error), SC_E_INPUT);
    cr_expect_not_null(strstr(error.text, "commas"), "%s", error.text);
    sc_stored_destroy(&s);
    free(text);
}
