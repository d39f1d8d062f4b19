/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/arithmetic_text.h"

#include "reference/judge/arithmetic_number.h"
#include "reference/judge/arithmetic_words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT_MAX (1 << 24) /* of tiles' indices, keys and parts */

static const char *const keys[] = {"core",   "score", "p",        "order",     "tile",
                                   "terms",  "split", "parts",    "part",      "group",
                                   "spread", "flush", "truncate", "activation"};
enum key {
    KEY_CORE,
    KEY_SCORE,
    KEY_P,
    KEY_ORDER,
    KEY_TILE,
    KEY_TERMS,
    KEY_SPLIT,
    KEY_PARTS,
    KEY_PART,
    KEY_GROUP,
    KEY_SPREAD,
    KEY_FLUSH,
    KEY_TRUNCATE,
    KEY_ACTIVATION,
    KEYS /* their number */
};

/* One token, copied. */
struct token {
    char text[SC_ARITHMETIC_TEXT_BYTES];
    const char *value; /* behind the '=' */
    size_t at;         /* byte of the line */
};

static enum sc_status wrong(struct sc_error *error, const struct token *token, const char *expected)
{
    return sc_fail(error, SC_E_INPUT, "arithmetic: byte %zu: '%.80s', expected %s", token->at,
                   token->text, expected);
}

/* The words of a list, for a message. */
static enum sc_status no_word(struct sc_error *error, const struct token *token,
                              const char *const *words, int32_t count)
{
    char list[128] = "";

    for (int32_t n = 0; n < count && words[n] != NULL; n++) {
        const size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "%s%s", n > 0 ? ", " : "one of ", words[n]);
    }
    return wrong(error, token, list);
}

/* The position of the value among the first `count` words. */
static enum sc_status word(const struct token *token, const char *const *words, int32_t count,
                           int32_t *found, struct sc_error *error)
{
    for (int32_t n = 0; n < count && words[n] != NULL; n++) {
        if (strcmp(words[n], token->value) == 0) {
            *found = n;
            return SC_OK;
        }
    }
    return no_word(error, token, words, count);
}

static enum sc_status integer(const struct token *token, int32_t high, int32_t *found,
                              struct sc_error *error)
{
    char range[64];

    if (sc_arithmetic_number_integer(token->value, 0, high, found)) {
        return SC_OK;
    }
    (void)snprintf(range, sizeof range, "an integer from 0 to %d", high);
    return wrong(error, token, range);
}

/* BELOW/RELATIVE,...[+ABSOLUTE] */
static enum sc_status table(const struct token *token, const char *at,
                            struct sc_activation_error *found, struct sc_error *error)
{
    struct sc_activation_error x = {{{0.0, 0.0}}, 0.0};
    double before = 0.0;
    int32_t row = 0;

    do {
        if (row == SC_ACTIVATION_ROWS) {
            return wrong(error, token, "at most 32 rows in a table");
        }
        at += row > 0 ? 1 : 0;
        if (strncmp(at, "inf", 3) == 0) {
            at += 3;
            x.rows[row].below = HUGE_VAL;
        } else if (!sc_arithmetic_number_read(&at, &x.rows[row].below)) {
            return wrong(error, token, "a number or inf at the beginning of each row of a table");
        }
        if (!(x.rows[row].below > before)) {
            return wrong(error, token, "ascending numbers above 0 at the beginning of rows");
        }
        before = x.rows[row].below;
        if (*at != '/') {
            return wrong(error, token, "'/' and a relative error in each row of a table");
        }
        at++;
        if (!sc_arithmetic_number_read(&at, &x.rows[row].relative)) {
            return wrong(error, token, "a finite relative error >= 0 in each row of a table");
        }
        row++;
    } while (*at == ',');
    if (!isinf(before)) {
        return wrong(error, token, "inf/RELATIVE as the last row of a table");
    }
    if (*at == '+') {
        at++;
        if (!sc_arithmetic_number_read(&at, &x.absolute)) {
            return wrong(error, token, "a finite absolute error >= 0 after '+'");
        }
    }
    if (*at != '\0') {
        return wrong(error, token, "the end of the table, ',' and a row, or '+' and an error");
    }
    *found = x;
    return SC_OK;
}

static enum sc_status activation(const struct token *token, struct sc_arithmetic_text *x,
                                 struct sc_error *error)
{
    static const char prefix[] = "table:";

    for (int32_t n = 0; sc_arithmetic_activation_words[n] != NULL; n++) {
        if (strcmp(sc_arithmetic_activation_words[n], token->value) == 0) {
            x->activation = (enum sc_arithmetic_activation)n;
            return SC_OK;
        }
    }
    if (strncmp(token->value, prefix, sizeof prefix - 1) != 0) {
        return wrong(error, token, "limits, h100, one-term, one-term-h100, tanh-h100 or table:...");
    }
    x->activation = SC_ARITHMETIC_TABLE;
    return table(token, token->value + sizeof prefix - 1, &x->table, error);
}

static enum sc_status formats(enum key key, const struct token *token, struct sc_arithmetic_text *x,
                              struct sc_error *error)
{
    struct sc_kernel_arithmetic *a = &x->arithmetic;
    const bool p = key == KEY_P;
    int32_t n = 0;
    const enum sc_status status =
        word(token, p ? sc_arithmetic_p_words : sc_arithmetic_stored_words,
             key == KEY_PART ? SC_ARITHMETIC_STORED_JOINT : KEYS, &n, error);

    if (status != SC_OK) {
        return status;
    }
    if (p) {
        x->p_input = n == SC_ARITHMETIC_P_INPUT;
        a->schedule.format_p = x->p_input ? SC_FORMAT_BF16 : (enum sc_format)n;
        return SC_OK;
    }
    const bool input = n == SC_ARITHMETIC_STORED_INPUT, joint = n == SC_ARITHMETIC_STORED_JOINT;
    const enum sc_stored stored = input || joint ? SC_STORED_FP32 : (enum sc_stored)n;
    if (key == KEY_PART) {
        x->part_input = input;
        a->part_format = stored;
    } else {
        x->group_input = input;
        a->group_format = stored;
        a->group = joint ? SC_GROUP_JOINT : SC_GROUP_HEADS;
    }
    return SC_OK;
}

static enum sc_status counts(enum key key, const struct token *token,
                             struct sc_kernel_arithmetic *a, struct sc_error *error)
{
    int32_t n = 0;
    const int32_t high = key == KEY_TERMS ? 16 : key >= KEY_FLUSH ? 1 : COUNT_MAX;
    const enum sc_status status = integer(token, high, &n, error);

    if (status != SC_OK) {
        return status;
    }
    switch (key) {
    case KEY_TILE:
        a->tile = n;
        break;
    case KEY_TERMS:
        a->terms = n;
        break;
    case KEY_SPLIT:
        a->schedule.split_keys = n;
        return n % 16 == 0 ? SC_OK : wrong(error, token, "a multiple of 16");
    case KEY_PARTS:
        a->parts = n;
        break;
    case KEY_FLUSH:
        a->flush = n == 1;
        break;
    default:
        a->truncate = n == 1;
        break;
    }
    return SC_OK;
}

static enum sc_status take(enum key key, const struct token *token, struct sc_arithmetic_text *x,
                           struct sc_error *error)
{
    struct sc_kernel_arithmetic *a = &x->arithmetic;
    enum sc_status status = SC_OK;
    int32_t n = 0;

    switch (key) {
    case KEY_CORE:
        status = word(token, sc_arithmetic_core_words, KEYS, &n, error);
        a->schedule.core = (enum sc_core)n;
        return status;
    case KEY_SCORE:
        status = word(token, ssc_arithmetic_core_words, KEYS, &n, error);
        a->schedule.score = (enum sc_score)n;
        return status;
    case KEY_ORDER:
        status = word(token, sc_arithmetic_order_words, KEYS, &n, error);
        a->order = (enum sc_order)n;
        return status;
    case KEY_SPREAD:
        status = word(token, sc_arithmetic_spread_words, KEYS, &n, error);
        a->spread = (enum sc_spread)n;
        return status;
    case KEY_P:
    case KEY_PART:
    case KEY_GROUP:
        return formats(key, token, x, error);
    case KEY_ACTIVATION:
        return activation(token, x, error);
    default:
        return counts(key, token, a, error);
    }
}

/* What keys need of each other. `seen`: bit n for key n. */
static enum sc_status together(const struct sc_kernel_arithmetic *a, uint32_t seen,
                               struct sc_error *error)
{
    if ((seen & 1u << KEY_CORE) == 0) {
        return sc_fail(error, SC_E_INPUT,
                       "arithmetic: no core=, expected core=h100, a100 or fma, or 'unknown'");
    }
    if (a->order == SC_ORDER_TILED && a->tile < 1) {
        return sc_fail(error, SC_E_INPUT,
                       "arithmetic: order=tiled without a tile, expected tile= from 1 on");
    }
    if (a->order != SC_ORDER_TILED && (a->tile > 0 || a->terms > 0)) {
        return sc_fail(error, SC_E_INPUT,
                       "arithmetic: tile= or terms=, expected order=tiled with them");
    }
    if (a->schedule.core == SC_CORE_A100 && a->terms > 8) {
        return sc_fail(error, SC_E_INPUT, "arithmetic: terms=%d, expected at most 8 on an a100",
                       a->terms);
    }
    if (a->parts > 1 && a->schedule.split_keys > 0) {
        return sc_fail(error, SC_E_INPUT, "arithmetic: split=%d and parts=%d, expected one of them",
                       a->schedule.split_keys, a->parts);
    }
    return SC_OK;
}

/* The token at *at, which moves behind it and a blank. */
static enum sc_status next_token(const char *text, size_t *at, struct token *token,
                                 struct sc_error *error)
{
    const size_t length = strcspn(text + *at, " ");

    memcpy(token->text, text + *at, length);
    token->text[length] = '\0';
    token->at = *at;
    if (length == 0) {
        return sc_fail(error, SC_E_INPUT,
                       "arithmetic: byte %zu: no token, expected KEY=VALUE between single blanks",
                       *at);
    }
    *at += length;
    if (text[*at] == ' ') {
        (*at)++;
        if (text[*at] == '\0') {
            return sc_fail(error, SC_E_INPUT,
                           "arithmetic: byte %zu: a blank at the end, expected none", *at - 1);
        }
    }
    const size_t key = strcspn(token->text, "=");
    token->value = token->text + key + (token->text[key] == '=' ? 1 : 0);
    return SC_OK;
}

static enum sc_status key_of(const struct token *token, enum key *key, struct sc_error *error)
{
    const size_t length = strcspn(token->text, "=");

    for (int32_t n = 0; token->text[length] == '=' && n < KEYS; n++) {
        if (strlen(keys[n]) == length && memcmp(keys[n], token->text, length) == 0) {
            *key = (enum key)n;
            return SC_OK;
        }
    }
    return wrong(error, token,
                 "KEY=VALUE, KEY one of core, score, p, order, tile, terms, split, parts, part, "
                 "group, spread, flush, truncate, activation");
}

enum sc_status sc_arithmetic_parse(const char *text, struct sc_arithmetic_text *parsed,
                                   struct sc_error *error)
{
    struct sc_arithmetic_text x;
    struct token token;
    uint32_t seen = 0;
    size_t at = 0;
    enum sc_status status = SC_OK;

    memset(&x, 0, sizeof x);
    x.p_input = true;
    x.arithmetic.parts = 1;
    if (memchr(text, '\0', SC_ARITHMETIC_TEXT_BYTES) == NULL) {
        return sc_fail(error, SC_E_INPUT, "arithmetic: a longer text, expected less than %d bytes",
                       SC_ARITHMETIC_TEXT_BYTES);
    }
    if (strcmp(text, "unknown") == 0) {
        x.unknown = true;
        *parsed = x;
        return SC_OK;
    }
    do {
        enum key key = KEYS;
        status = next_token(text, &at, &token, error);
        if (status == SC_OK) {
            status = key_of(&token, &key, error);
        }
        if (status == SC_OK && (seen & 1u << key) != 0) {
            status = wrong(error, &token, "each key once");
        }
        if (status == SC_OK) {
            seen |= 1u << key;
            status = take(key, &token, &x, error);
        }
    } while (status == SC_OK && text[at] != '\0');
    if (status == SC_OK) {
        status = together(&x.arithmetic, seen, error);
    }
    if (status == SC_OK) {
        *parsed = x;
    }
    return status;
}
