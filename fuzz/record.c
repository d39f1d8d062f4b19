/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/record.h"

#include "fuzz/field.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const verdicts[SC_CASE_VERDICTS] = {"pass", "weak", "refused", "unjudged",
                                                       "fail"};

const char *sc_case_verdict_name(enum sc_case_verdict verdict)
{
    return verdicts[verdict];
}

const char *sc_record_result_name(enum sc_result result)
{
    return result < SC_RESULTS ? sc_result_name(result) : "-";
}

enum sc_record_kind sc_record_kind(const char *text)
{
    return strncmp(text, "case\t", 5) == 0         ? SC_RECORD_CASE
           : strncmp(text, "confirmed\t", 10) == 0 ? SC_RECORD_FINDING
           : strncmp(text, "shrunk\t", 7) == 0     ? SC_RECORD_FINDING
                                                   : SC_RECORD_OTHER;
}

void sc_record_mask(const struct sc_recipe *recipe, char *mask)
{
    const bool bounded_left = recipe->left < SC_LENGTH_MAX;
    const bool bounded_right = recipe->right < SC_LENGTH_MAX;
    const struct {
        bool has;
        const char *name;
    } kinds[] = {{bounded_right && !bounded_left && recipe->right == 0, "causal"},
                 {bounded_left || (bounded_right && recipe->right != 0), "window"},
                 {recipe->lengths_count > 0, "lengths"},
                 {recipe->packed_count > 0, "packed"},
                 {recipe->slopes_count > 0, "alibi"},
                 {recipe->block_rows > 0, "plane"}};
    size_t used = 0;

    mask[0] = '\0';
    for (size_t n = 0; n < sizeof kinds / sizeof kinds[0]; n++) {
        if (kinds[n].has) {
            used += (size_t)snprintf(mask + used, 64 - used, "%s%s", used > 0 ? "+" : "",
                                     kinds[n].name);
        }
    }
    if (used == 0) {
        (void)strcpy(mask, "full");
    }
}

static enum sc_status finish(const struct sc_field_writer *writer, const char *unit,
                             struct sc_error *error)
{
    return writer->cut ? sc_fail(error, SC_E_INPUT, "%s: a record that does not fit", unit) : SC_OK;
}

enum sc_status sc_record_case_print(const struct sc_record_case *record, char *text,
                                    struct sc_error *error)
{
    struct sc_field_writer writer = {text, SC_JOURNAL_TEXT_MAX, 0, false};

    sc_field_add(&writer, "case");
    sc_field_add(&writer, "%s", record->unit);
    sc_field_add(&writer, "%s", verdicts[record->verdict]);
    sc_field_add(&writer, "hash=%016llx", (unsigned long long)record->hash);
    sc_field_add(&writer, "runs=%d", record->runs);
    sc_field_add(&writer, "checked=%08x", record->checked);
    sc_field_add(&writer, "elements=%lld", (long long)record->elements);
    sc_field_add(&writer, "weak=%lld", (long long)record->weak);
    for (int n = 0; n < SC_RESULTS; n++) {
        if (!isnan(record->conforms[n])) {
            sc_field_add(&writer, "conforms.%s=%.17g", sc_record_result_name((enum sc_result)n),
                         record->conforms[n]);
        }
        if (!isnan(record->accurate[n])) {
            sc_field_add(&writer, "accurate.%s=%.17g", sc_record_result_name((enum sc_result)n),
                         record->accurate[n]);
        }
    }
    if (record->climbed > 0) {
        sc_field_add(&writer, "climbed=%d", record->climbed);
    }
    for (int n = 0; n < SC_RESULTS; n++) {
        if (!isnan(record->climb[n])) {
            sc_field_add(&writer, "climb.%s=%.17g", sc_record_result_name((enum sc_result)n),
                         record->climb[n]);
        }
    }
    if (record->text[0] != '\0') {
        sc_field_add(&writer, "text=%s", record->text);
    }
    if (record->verdict == SC_CASE_FAIL) {
        sc_field_add(&writer, "check=%s", sc_check_name(record->check));
        sc_field_add(&writer, "result=%s", sc_record_result_name(record->result));
        sc_field_add(&writer, "mask=%s", record->mask);
        for (int32_t n = 0; n < record->after_count; n++) {
            sc_field_add(&writer, "after=%lld", (long long)record->after[n]);
        }
        if (record->line != NULL) {
            sc_field_add(&writer, "line=%s", record->line);
        }
    }
    return finish(&writer, record->unit, error);
}

enum sc_status sc_record_finding_print(const struct sc_record_finding *record, char *text,
                                       struct sc_error *error)
{
    struct sc_field_writer writer = {text, SC_JOURNAL_TEXT_MAX, 0, false};

    sc_field_add(&writer, "%s", record->shrunk ? "shrunk" : "confirmed");
    sc_field_add(&writer, "%s", record->unit);
    sc_field_add(&writer, "class=%s", sc_class_name(record->class));
    sc_field_add(&writer, "again=%d", record->again);
    if (record->shrunk) {
        sc_field_add(&writer, "tries=%d", record->tries);
        sc_field_add(&writer, "mask=%s", record->mask);
        sc_field_add(&writer, "text=%s", record->text);
        sc_field_add(&writer, "file=%s", record->file);
        for (int32_t n = 0; n < record->count; n++) {
            sc_field_add(&writer, "line=%s", record->lines[n]);
        }
    }
    return finish(&writer, record->unit, error);
}

void sc_record_case_clear(struct sc_record_case *record)
{
    free(record->line);
    free(record->after);
    record->line = NULL;
    record->after = NULL;
    record->after_count = 0;
}

void sc_record_finding_clear(struct sc_record_finding *record)
{
    for (int32_t n = 0; n < record->count; n++) {
        free(record->lines[n]);
    }
    free(record->lines);
    record->lines = NULL;
    record->count = 0;
}
