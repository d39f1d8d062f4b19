/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/measure/binade_table.h"

#include "reference/judge/arithmetic_number.h"
#include "tools/proofs/file.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_LINE "sigmacert activation errors 1"
#define LINE_BYTES 320
/* Head, counts, bins, end. */
#define LINES (6 + SC_BINADE_FUNCTIONS + SC_BINADE_FUNCTIONS * SC_BINADES + 1)

const char *sc_binade_function_name(enum sc_binade_function function)
{
    static const char *const names[SC_BINADE_FUNCTIONS] = {"accurate", "fast", "ex2", "rcp",
                                                           "tanh"};

    return names[function];
}

struct text {
    char *bytes;
    size_t used, room;
};

static void put(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text *text, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    text->used +=
        (size_t)vsnprintf(text->bytes + text->used, text->room - text->used, format, list);
    va_end(list);
}

static void put_worst(struct text *text, const struct sc_binade_worst *x)
{
    char number[SC_ARITHMETIC_NUMBER_BYTES] = "inf";

    if (x->error < 0.0) {
        put(text, " - - -");
        return;
    }
    if (isfinite(x->error)) {
        sc_arithmetic_number_write(x->error, number);
    }
    put(text, " %08" PRIx32 " %08" PRIx32 " %s", x->at, x->value, number);
}

static void put_bin(struct text *text, enum sc_binade_function function, int32_t bin,
                    const struct sc_binade *x)
{
    put(text, "%s %c %d", sc_binade_function_name(function), bin < SC_BINADE_FIELDS ? '+' : '-',
        bin % SC_BINADE_FIELDS - 127);
    for (int32_t n = 0; n < SC_BINADE_ERRORS; n++) {
        put_worst(text, &x->worst[n]);
    }
    put(text, "\n");
}

char *sc_binade_table_print(const struct sc_binade_table *table)
{
    struct text text = {malloc((size_t)LINES * LINE_BYTES), 0, (size_t)LINES * LINE_BYTES};

    if (text.bytes == NULL) {
        return NULL;
    }
    put(&text, FIRST_LINE "\ngpu %s\ndriver %s\ncuda %s\nflags %s\ndate %s\n", table->gpu,
        table->driver, table->cuda, table->flags, table->date);
    for (int32_t f = 0; f < SC_BINADE_FUNCTIONS; f++) {
        const struct sc_binade *const x = &table->counts[f];
        put(&text,
            "counts %s arguments %" PRId64 " outside %" PRId64 " falling %" PRId64 " nan %" PRId64
            " beyond %" PRId64 "\n",
            sc_binade_function_name((enum sc_binade_function)f), x->arguments, x->outside,
            x->falling, x->nan, x->beyond);
    }
    for (int32_t f = 0; f < SC_BINADE_FUNCTIONS; f++) {
        for (int32_t bin = 0; bin < SC_BINADES; bin++) {
            put_bin(&text, (enum sc_binade_function)f, bin, &table->bins[f][bin]);
        }
    }
    put(&text, "end\n");
    return text.bytes;
}

/* A text that is read line by line. */
struct reader {
    const char *where, *at; /* `at`: the rest */
    int32_t line;           /* of `text`, from 1 */
    char text[LINE_BYTES];
};

static enum sc_status wrong(const struct reader *reader, const char *expected,
                            struct sc_error *error)
{
    return sc_fail(error, SC_E_INPUT, "%s:%d: '%.60s', expected %s", reader->where, reader->line,
                   reader->text, expected);
}

static enum sc_status next_line(struct reader *reader, const char *expected, struct sc_error *error)
{
    const size_t length = strcspn(reader->at, "\n");

    reader->line++;
    (void)snprintf(reader->text, sizeof reader->text, "%.*s",
                   (int)(length < LINE_BYTES ? length : LINE_BYTES - 1), reader->at);
    if (reader->at[length] != '\n' || length >= LINE_BYTES) {
        return wrong(reader, expected, error);
    }
    reader->at += length + 1;
    return SC_OK;
}

static enum sc_status read_head(struct reader *reader, const char *key, char *value,
                                struct sc_error *error)
{
    const size_t length = strlen(key);
    enum sc_status status = next_line(reader, key, error);

    if (status != SC_OK) {
        return status;
    }
    if (strncmp(reader->text, key, length) != 0 || reader->text[length] != ' ' ||
        reader->text[length + 1] == '\0' || strlen(reader->text) >= SC_BINADE_TEXT) {
        return wrong(reader, key, error);
    }
    for (const char *at = reader->text; *at != '\0'; at++) {
        if (*at < ' ' || *at > '~') {
            return wrong(reader, "printable ASCII", error);
        }
    }
    (void)strcpy(value, reader->text + length + 1);
    return SC_OK;
}

static enum sc_status read_counts(struct reader *reader, enum sc_binade_function function,
                                  struct sc_binade *x, struct sc_error *error)
{
    char name[16];
    enum sc_status status = next_line(reader, "counts of a function", error);

    if (status == SC_OK &&
        (sscanf(reader->text,
                "counts %15s arguments %" SCNd64 " outside %" SCNd64 " falling %" SCNd64
                " nan %" SCNd64 " beyond %" SCNd64,
                name, &x->arguments, &x->outside, &x->falling, &x->nan, &x->beyond) != 6 ||
         strcmp(name, sc_binade_function_name(function)) != 0)) {
        status =
            wrong(reader, "counts FUNCTION arguments N outside N falling N nan N beyond N", error);
    }
    return status;
}

/* AT VALUE ERROR, or - - -, after a blank. */
static bool read_worst(const char **at, struct sc_binade_worst *x)
{
    int used = 0;

    if (strncmp(*at, " - - -", 6) == 0) {
        *at += 6;
        *x = (struct sc_binade_worst){-1.0, 0, 0};
        return true;
    }
    if (sscanf(*at, " %8" SCNx32 " %8" SCNx32 "%n", &x->at, &x->value, &used) != 2 ||
        (*at)[used] != ' ') {
        return false;
    }
    *at += used + 1;
    return sc_arithmetic_number_read(at, &x->error);
}

/* What is read is held against what it is printed as, so that a line has one spelling. */
static enum sc_status read_bin(struct reader *reader, enum sc_binade_function function, int32_t bin,
                               struct sc_binade *x, struct sc_error *error)
{
    static const char expected[] =
        "FUNCTION SIGN BINADE and three times AT VALUE ERROR or - - -, in order";
    char again[LINE_BYTES];
    struct text text = {again, 0, sizeof again};
    const char *at = reader->text;
    enum sc_status status = next_line(reader, expected, error);
    bool good = status == SC_OK;

    for (int32_t blanks = 0; good && blanks < 3; blanks++) {
        at += strcspn(at, " ");
        good = *at == ' ';
        at += blanks < 2 && good ? 1 : 0;
    }
    for (int32_t n = 0; good && n < SC_BINADE_ERRORS; n++) {
        good = read_worst(&at, &x->worst[n]);
    }
    if (good) {
        put_bin(&text, function, bin, x);
        again[text.used - 1] = '\0';
        good = strcmp(again, reader->text) == 0;
    }
    return status == SC_OK && !good ? wrong(reader, expected, error) : status;
}

static enum sc_status read_all(struct reader *reader, struct sc_binade_table *table,
                               struct sc_error *error)
{
    const struct {
        const char *key;
        char *value;
    } head[] = {{"gpu", table->gpu},
                {"driver", table->driver},
                {"cuda", table->cuda},
                {"flags", table->flags},
                {"date", table->date}};
    enum sc_status status = next_line(reader, FIRST_LINE, error);

    if (status == SC_OK && strcmp(reader->text, FIRST_LINE) != 0) {
        status = wrong(reader, FIRST_LINE, error);
    }
    for (size_t n = 0; status == SC_OK && n < sizeof head / sizeof head[0]; n++) {
        status = read_head(reader, head[n].key, head[n].value, error);
    }
    for (int32_t f = 0; status == SC_OK && f < SC_BINADE_FUNCTIONS; f++) {
        status = read_counts(reader, (enum sc_binade_function)f, &table->counts[f], error);
    }
    for (int32_t f = 0; f < SC_BINADE_FUNCTIONS; f++) {
        for (int32_t bin = 0; status == SC_OK && bin < SC_BINADES; bin++) {
            status = read_bin(reader, (enum sc_binade_function)f, bin, &table->bins[f][bin], error);
        }
    }
    return status == SC_OK ? next_line(reader, "end", error) : status;
}

enum sc_status sc_binade_table_parse(const char *where, const char *text,
                                     struct sc_binade_table *table, struct sc_error *error)
{
    struct reader reader = {.where = where, .at = text};
    enum sc_status status;

    memset(table, 0, sizeof *table);
    status = read_all(&reader, table, error);
    if (status == SC_OK && (strcmp(reader.text, "end") != 0 || *reader.at != '\0')) {
        status = wrong(&reader, "'end' and nothing behind it", error);
    }
    if (status == SC_OK) {
        char *const again = sc_binade_table_print(table);
        if (again == NULL) {
            return sc_fail(error, SC_E_MEMORY, "%s: no memory", where);
        }
        if (strcmp(again, text) != 0) {
            status = sc_fail(error, SC_E_INPUT,
                             "%s: numbers of counts in another spelling, expected plain decimals",
                             where);
        }
        free(again);
    }
    return status;
}

enum sc_status sc_binade_table_read(const char *path, struct sc_binade_table **table,
                                    struct sc_error *error)
{
    char *text = NULL;
    struct sc_binade_table *found = malloc(sizeof *found);
    enum sc_status status = found != NULL ? sc_file_read(path, &text, error)
                                          : sc_fail(error, SC_E_MEMORY, "%s: no memory", path);

    if (status == SC_OK) {
        status = sc_binade_table_parse(path, text, found, error);
    }
    free(text);
    if (status != SC_OK) {
        free(found);
        return status;
    }
    *table = found;
    return SC_OK;
}
