/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/field.h"
#include "fuzz/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Whether the field NAME=VALUE has this name; its value. */
#define VALUE(name) ((value = sc_field_value(field, bytes, (name), &length)) != NULL)

/* The number of a word among names; `count` where it is none. */
static int word_number(const char *word, size_t bytes, const char *(*name)(int number), int count)
{
    int number = 0;

    while (number < count &&
           (strlen(name(number)) != bytes || strncmp(name(number), word, bytes) != 0)) {
        number++;
    }
    return number;
}

static const char *verdict_name(int number)
{
    return sc_case_verdict_name((enum sc_case_verdict)number);
}

static const char *check_name(int number)
{
    return sc_check_name((enum sc_check)number);
}

static const char *result_name(int number)
{
    return sc_record_result_name((enum sc_result)number);
}

static const char *class_name(int number)
{
    return sc_class_name((enum sc_class)number);
}

/* A copy with a terminator; NULL without memory. */
static char *copy_text(const char *value, size_t bytes)
{
    char *const copy = malloc(bytes + 1);

    if (copy != NULL) {
        memcpy(copy, value, bytes);
        copy[bytes] = '\0';
    }
    return copy;
}

static enum sc_status malformed(const char *field, size_t bytes, struct sc_error *error)
{
    return sc_fail(error, SC_E_INPUT, "record: \"%.*s\", expected a field of its kind",
                   (int)(bytes < 64 ? bytes : 64), field);
}

/* "conforms.dQ=0.5", "accurate.dQ=0.5" and "climb.dQ=0.5"; false: none of these. */
static bool read_ratio(const char *field, size_t bytes, struct sc_record_case *record)
{
    const struct {
        const char *name;
        double *of;
    } kinds[] = {{"conforms.", record->conforms},
                 {"accurate.", record->accurate},
                 {"climb.", record->climb}};
    const char *const equals = memchr(field, '=', bytes);

    for (size_t n = 0; equals != NULL && n < sizeof kinds / sizeof kinds[0]; n++) {
        const size_t length = strlen(kinds[n].name);
        if (equals < field + length || strncmp(field, kinds[n].name, length) != 0) {
            continue;
        }
        const int result =
            word_number(field + length, (size_t)(equals - field) - length, result_name, SC_RESULTS);
        return result < SC_RESULTS &&
               sc_field_double(equals + 1, bytes - (size_t)(equals - field) - 1,
                               &kinds[n].of[result]);
    }
    return false;
}

static enum sc_status add_after(struct sc_record_case *record, int64_t number,
                                struct sc_error *error)
{
    if ((record->after_count & (record->after_count - 1)) == 0) {
        const size_t room = record->after_count == 0 ? 1 : 2 * (size_t)record->after_count;
        int64_t *const larger = realloc(record->after, room * sizeof *larger);
        if (larger == NULL) {
            return sc_fail(error, SC_E_MEMORY, "record: no memory");
        }
        record->after = larger;
    }
    record->after[record->after_count++] = number;
    return SC_OK;
}

static enum sc_status case_field(const char *field, size_t bytes, struct sc_record_case *record,
                                 struct sc_error *error)
{
    const char *value = NULL;
    size_t length = 0;
    int64_t number = 0;
    uint64_t hash = 0;
    bool good = false;

    if (VALUE("hash")) {
        good = sc_field_hex(value, length, 16, &record->hash);
    } else if (VALUE("runs")) {
        good = sc_field_int(value, length, 0, INT32_MAX, &number);
        record->runs = (int32_t)number;
    } else if (VALUE("checked")) {
        good = sc_field_hex(value, length, 8, &hash);
        record->checked = (uint32_t)hash;
    } else if (VALUE("elements")) {
        good = sc_field_int(value, length, 0, INT64_MAX, &record->elements);
    } else if (VALUE("weak")) {
        good = sc_field_int(value, length, 0, INT64_MAX, &record->weak);
    } else if (VALUE("climbed")) {
        good = sc_field_int(value, length, 0, INT32_MAX, &number);
        record->climbed = (int32_t)number;
    } else if (VALUE("check")) {
        number = word_number(value, length, check_name, SC_CHECKS);
        record->check = (enum sc_check)number;
        good = number < SC_CHECKS;
    } else if (VALUE("result")) {
        number = word_number(value, length, result_name, SC_RESULTS + 1);
        record->result = (enum sc_result)number;
        good = number <= SC_RESULTS;
    } else if (VALUE("mask")) {
        good = sc_field_copy(value, length, record->mask, sizeof record->mask);
    } else if (VALUE("text")) {
        good = sc_field_copy(value, length, record->text, sizeof record->text);
    } else if (VALUE("after")) {
        good = sc_field_int(value, length, 0, INT64_MAX, &number);
        if (good) {
            return add_after(record, number, error);
        }
    } else if (VALUE("line")) {
        good = record->line == NULL;
        if (good && (record->line = copy_text(value, length)) == NULL) {
            return sc_fail(error, SC_E_MEMORY, "record: no memory");
        }
    } else {
        good = read_ratio(field, bytes, record);
    }
    return good ? SC_OK : malformed(field, bytes, error);
}

enum sc_status sc_record_case_parse(const char *text, struct sc_record_case *record,
                                    struct sc_error *error)
{
    const char *at = text;
    size_t bytes = 0;
    enum sc_status status = SC_OK;

    memset(record, 0, sizeof *record);
    record->check = SC_CHECKS;
    record->result = SC_RESULTS;
    for (int n = 0; n < SC_RESULTS; n++) {
        record->conforms[n] = record->accurate[n] = record->climb[n] = NAN;
    }
    (void)sc_field_next(&at, &bytes);
    const char *const unit = sc_field_next(&at, &bytes);
    if (unit == NULL || bytes == 0 ||
        !sc_field_copy(unit, bytes, record->unit, sizeof record->unit)) {
        return sc_fail(error, SC_E_INPUT, "record: a case without a name");
    }
    const char *const verdict = sc_field_next(&at, &bytes);
    record->verdict = (enum sc_case_verdict)(
        verdict == NULL ? SC_CASE_VERDICTS
                        : word_number(verdict, bytes, verdict_name, SC_CASE_VERDICTS));
    if (record->verdict == SC_CASE_VERDICTS) {
        record->verdict = SC_CASE_FAIL;
        return sc_fail(error, SC_E_INPUT, "record: case %s without a verdict", record->unit);
    }
    for (const char *field = NULL;
         status == SC_OK && (field = sc_field_next(&at, &bytes)) != NULL;) {
        status = case_field(field, bytes, record, error);
    }
    if (status == SC_OK && (record->verdict == SC_CASE_FAIL) != (record->check < SC_CHECKS)) {
        status = sc_fail(error, SC_E_INPUT, "record: case %s: a check that failed, or none",
                         record->unit);
    }
    return status;
}

static enum sc_status add_line(struct sc_record_finding *record, const char *value, size_t length,
                               struct sc_error *error)
{
    char **const larger = realloc(record->lines, ((size_t)record->count + 1) * sizeof *larger);

    if (larger == NULL) {
        return sc_fail(error, SC_E_MEMORY, "record: no memory");
    }
    record->lines = larger;
    record->lines[record->count] = copy_text(value, length);
    if (record->lines[record->count] == NULL) {
        return sc_fail(error, SC_E_MEMORY, "record: no memory");
    }
    record->count++;
    return SC_OK;
}

static enum sc_status finding_field(const char *field, size_t bytes,
                                    struct sc_record_finding *record, struct sc_error *error)
{
    const char *value = NULL;
    size_t length = 0;
    int64_t number = 0;
    bool good = false;

    if (VALUE("class")) {
        number = word_number(value, length, class_name, SC_CLASS_UNKNOWN + 1);
        record->class = (enum sc_class)number;
        good = number <= SC_CLASS_UNKNOWN;
    } else if (VALUE("again")) {
        good = sc_field_int(value, length, 0, 2, &number);
        record->again = (int32_t)number;
    } else if (VALUE("tries")) {
        good = sc_field_int(value, length, 0, INT32_MAX, &number);
        record->tries = (int32_t)number;
    } else if (VALUE("mask")) {
        good = sc_field_copy(value, length, record->mask, sizeof record->mask);
    } else if (VALUE("text")) {
        good = sc_field_copy(value, length, record->text, sizeof record->text);
    } else if (VALUE("file")) {
        good = sc_field_copy(value, length, record->file, sizeof record->file);
    } else if (VALUE("line")) {
        return add_line(record, value, length, error);
    }
    return good ? SC_OK : malformed(field, bytes, error);
}

enum sc_status sc_record_finding_parse(const char *text, struct sc_record_finding *record,
                                       struct sc_error *error)
{
    const char *at = text;
    size_t bytes = 0;
    enum sc_status status = SC_OK;

    memset(record, 0, sizeof *record);
    record->class = SC_CLASS_UNKNOWN;
    const char *const kind = sc_field_next(&at, &bytes);
    record->shrunk = bytes == 6 && strncmp(kind, "shrunk", 6) == 0;
    const char *const unit = sc_field_next(&at, &bytes);
    if (unit == NULL || bytes == 0 ||
        !sc_field_copy(unit, bytes, record->unit, sizeof record->unit)) {
        return sc_fail(error, SC_E_INPUT, "record: a finding without a name");
    }
    for (const char *field = NULL;
         status == SC_OK && (field = sc_field_next(&at, &bytes)) != NULL;) {
        status = finding_field(field, bytes, record, error);
    }
    if (status == SC_OK && record->shrunk && record->count == 0) {
        status = sc_fail(error, SC_E_INPUT, "record: finding %s without a case", record->unit);
    }
    return status;
}
