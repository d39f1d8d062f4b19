/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/campaign/report.h"

#include "tools/report/text.h"

#include <jansson.h>
#include <math.h>

/* Sets a member; takes `value`, and remembers a failure. */
static void put(json_t *object, const char *name, json_t *value, bool *good)
{
    *good = json_object_set_new(object, name, value) == 0 && *good;
}

static void put_int(json_t *object, const char *name, int64_t value, bool *good)
{
    put(object, name, json_integer(value), good);
}

static void put_text(json_t *object, const char *name, const char *text, bool *good)
{
    put(object, name, sc_text_json(text), good);
}

/* A number, or "inf": JSON has none. */
static json_t *ratio(double value)
{
    return isfinite(value) ? json_real(value) : json_string("inf");
}

static json_t *kernel(const struct sc_campaign_result *result, bool *good)
{
    json_t *const object = json_object();

    put_text(object, "name", result->kernel.name, good);
    put_text(object, "memory", result->kernel.device ? "device" : "host", good);
    put_text(object, "arithmetic", result->kernel.arithmetic, good);
    put_int(object, "features", result->kernel.traits.features, good);
    put_int(object, "d_max", result->kernel.traits.d_max, good);
    put_int(object, "d_v_max", result->kernel.traits.d_v_max, good);
    put_int(object, "d_multiple", result->kernel.traits.d_multiple, good);
    return object;
}

static json_t *cases(const struct sc_campaign_result *result, bool *good)
{
    const struct sc_tally *const tally = &result->tally;
    json_t *const object = json_object();

    put_int(object, "drawn", tally->cases, good);
    put_int(object, "kept", tally->kept, good);
    put_int(object, "of_the_journal", result->resumed, good);
    put_int(object, "runs", tally->runs, good);
    put_int(object, "elements", tally->elements, good);
    put_int(object, "climbed", tally->climbed, good);
    put_int(object, "steps", tally->steps, good);
    for (int n = 0; n < SC_CASE_VERDICTS; n++) {
        put_int(object, sc_case_verdict_name((enum sc_case_verdict)n), tally->of[n], good);
    }
    return object;
}

static json_t *errors(const struct sc_campaign_result *result, bool *good)
{
    json_t *const object = json_object();

    for (int n = 0; n < SC_RESULTS; n++) {
        if (!isnan(result->tally.conforms[n]) || !isnan(result->tally.accurate[n])) {
            json_t *const of = json_object();
            if (!isnan(result->tally.conforms[n])) {
                put(of, "of_the_model", ratio(result->tally.conforms[n]), good);
            }
            if (!isnan(result->tally.climb[n])) {
                put(of, "of_the_model_climbing", ratio(result->tally.climb[n]), good);
            }
            if (!isnan(result->tally.accurate[n])) {
                put(of, "of_the_best_arithmetic", ratio(result->tally.accurate[n]), good);
            }
            put(object, sc_record_result_name((enum sc_result)n), of, good);
        }
    }
    return object;
}

static json_t *checks(const struct sc_fuzz_options *options,
                      const struct sc_campaign_result *result, bool *good)
{
    static const char *const words[] = {"held", "failed", "idle", "off"};
    json_t *const array = json_array();

    for (int check = 0; check < SC_CHECKS; check++) {
        json_t *const object = json_object();
        put_text(object, "name", sc_check_name((enum sc_check)check), good);
        put_text(object, "claim", sc_check_claim((enum sc_check)check), good);
        put_text(object, "standing", words[sc_fuzz_standing(options, result, (enum sc_check)check)],
                 good);
        put_int(object, "failed", result->tally.failed[check], good);
        *good = json_array_append_new(array, object) == 0 && *good;
    }
    return array;
}

static json_t *findings(const struct sc_campaign_result *result, bool *good)
{
    json_t *const array = json_array();

    for (int32_t n = 0; n < result->count; n++) {
        const struct sc_campaign_finding *const finding = &result->findings[n];
        json_t *const object = json_object();
        json_t *const lines = json_array();
        for (int32_t m = 0; m < finding->count; m++) {
            *good = json_array_append_new(lines, sc_text_json(finding->lines[m])) == 0 && *good;
        }
        put_text(object, "unit", finding->unit, good);
        put_text(object, "check", sc_check_name(finding->check), good);
        put_text(object, "result", sc_record_result_name(finding->result), good);
        put_text(object, "masks", finding->mask, good);
        put_text(object, "class", sc_class_name(finding->class), good);
        put_int(object, "again", finding->again, good);
        put_int(object, "tries", finding->tries, good);
        put_int(object, "also", finding->also, good);
        put_text(object, "seen", finding->text, good);
        put_text(object, "file", finding->file, good);
        put(object, "cases", lines, good);
        *good = json_array_append_new(array, object) == 0 && *good;
    }
    return array;
}

char *sc_fuzz_json(const struct sc_fuzz_options *options, const struct sc_campaign_result *result)
{
    json_t *const root = json_object();
    bool good = true;

    put_int(root, "schema", 1, &good);
    put_text(root, "verdict", sc_fuzz_verdict_word(sc_fuzz_verdict(result)), &good);
    put_text(root, "program", options->campaign.program, &good);
    put_text(root, "code", options->campaign.code, &good);
    put(root, "kernel", kernel(result, &good), &good);
    put(root, "seed", json_sprintf("%llu", (unsigned long long)options->campaign.seed), &good);
    put(root, "shard", json_sprintf("%d/%d", options->campaign.shard, options->campaign.shards),
        &good);
    put(root, "cases", cases(result, &good), &good);
    put(root, "seconds", json_real(result->seconds), &good);
    put(root, "cases_per_second", json_real((double)result->cases / fmax(result->seconds, 1e-3)),
        &good);
    put_int(root, "pairs", result->pairs, &good);
    put_int(root, "pairs_possible", result->possible, &good);
    put(root, "error", errors(result, &good), &good);
    put(root, "checks", checks(options, result, &good), &good);
    put(root, "findings", findings(result, &good), &good);
    put_int(root, "findings_more", result->more, &good);
    put_int(root, "memory_bytes", result->resident_bytes, &good);
    char *const text = good ? sc_text_dump(root) : NULL;
    json_decref(root);
    return text;
}
