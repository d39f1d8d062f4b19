/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/report/evidence.h"

#include "tools/report/machine.h"
#include "tools/report/replace.h"
#include "tools/report/source.h"
#include "tools/report/text.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct sc_evidence {
    char stage[SC_EVIDENCE_STAGE_BYTES], prefix[SC_EVIDENCE_STAGE_BYTES];
    char started[32];
    struct timespec begin; /* monotonic */
    struct sc_source source;
    json_t *command, *tools, *checks, *figures;
    json_t *first_failed, *first_skipped; /* members of `checks` */
    int64_t count[3];                     /* of checks, by status */
    bool incomplete;                      /* something could not be stored */
};

enum sc_evidence_status sc_evidence_verdict(int64_t passed, int64_t failed, int64_t skipped)
{
    if (failed > 0 || passed + skipped <= 0) {
        return SC_EVIDENCE_FAIL;
    }
    return passed > 0 ? SC_EVIDENCE_PASS : SC_EVIDENCE_SKIPPED;
}

bool sc_evidence_goal_met(enum sc_evidence_goal kind, double value, double goal)
{
    switch (kind) {
    case SC_EVIDENCE_NONE:
        return true;
    case SC_EVIDENCE_AT_LEAST:
        return value >= goal;
    case SC_EVIDENCE_AT_MOST:
        return value <= goal;
    case SC_EVIDENCE_EQUAL:
        return value == goal;
    }
    return false;
}

bool sc_evidence_stage_valid(const char *stage)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    const size_t length = strlen(stage);

    return length > 0 && length < SC_EVIDENCE_STAGE_BYTES && stage[0] != '-' && stage[0] != '_' &&
           strspn(stage, allowed) == length;
}

const char *sc_evidence_status_word(enum sc_evidence_status status)
{
    return status == SC_EVIDENCE_PASS ? "pass" : status == SC_EVIDENCE_SKIPPED ? "skipped" : "fail";
}

const char *sc_evidence_goal_word(enum sc_evidence_goal kind)
{
    static const char *const words[] = {"none", "at_least", "at_most", "equal"};
    const size_t index = (size_t)kind;
    return index < sizeof words / sizeof words[0] ? words[index] : "none";
}

enum sc_status sc_evidence_create(const char *stage, const char *command,
                                  struct sc_evidence **evidence, struct sc_error *error)
{
    const time_t now = time(NULL);
    struct tm utc;

    if (!sc_evidence_stage_valid(stage)) {
        return sc_fail(error, SC_E_INPUT,
                       "evidence: stage name \"%.64s\", expected lower-case letters, digits, '-', "
                       "'_', fewer than %d",
                       stage, SC_EVIDENCE_STAGE_BYTES);
    }
    if (command[0] == '\0') {
        return sc_fail(error, SC_E_INPUT, "evidence of %s: empty command, expected a command line",
                       stage);
    }
    struct sc_evidence *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return sc_fail(error, SC_E_MEMORY, "evidence of %s: no memory", stage);
    }
    made->command = sc_text_json(command);
    made->tools = json_object();
    made->checks = json_array();
    made->figures = json_array();
    if (made->command == NULL || made->tools == NULL || made->checks == NULL ||
        made->figures == NULL) {
        sc_evidence_destroy(made);
        return sc_fail(error, SC_E_MEMORY, "evidence of %s: no memory", stage);
    }
    (void)strcpy(made->stage, stage);
    sc_evidence_prefix(made, stage);
    for (char *c = made->prefix; *c != '\0'; c++) {
        *c = *c == '-' ? '.' : *c;
    }
    if (gmtime_r(&now, &utc) == NULL ||
        strftime(made->started, sizeof made->started, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0) {
        (void)strcpy(made->started, "1970-01-01T00:00:00Z");
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &made->begin);
    sc_source_find(&made->source);
    *evidence = made;
    return SC_OK;
}

void sc_evidence_destroy(struct sc_evidence *evidence)
{
    if (evidence == NULL) {
        return;
    }
    json_decref(evidence->command);
    json_decref(evidence->tools);
    json_decref(evidence->checks);
    json_decref(evidence->figures);
    free(evidence);
}

void sc_evidence_prefix(struct sc_evidence *evidence, const char *prefix)
{
    (void)snprintf(evidence->prefix, sizeof evidence->prefix, "%s", prefix);
}

/* The whole name of a check or figure; NULL without memory. */
static json_t *full_name(const struct sc_evidence *evidence, const char *name)
{
    char whole[256];

    if (name[0] != '.') {
        return sc_text_json(name[0] != '\0' ? name : "unnamed");
    }
    (void)snprintf(whole, sizeof whole, "%s%s", evidence->prefix, name);
    return sc_text_json(whole);
}

/* A number that reads back as the same double: counts without a decimal point. */
static json_t *number(double value)
{
    const double exact = 0x1p53;

    if (value == floor(value) && fabs(value) <= exact) {
        return json_integer((json_int_t)value);
    }
    return json_real(value);
}

/* Whether each member could be set; json_object_set_new takes its value in any case. */
static bool put(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) == 0;
}

void sc_evidence_check(struct sc_evidence *evidence, const char *name,
                       enum sc_evidence_status status, double seconds, const char *detail)
{
    const bool skipped = status == SC_EVIDENCE_SKIPPED;
    const char *const said = detail != NULL && detail[0] != '\0' ? detail
                             : skipped                           ? "no reason given"
                                                                 : "";
    json_t *check = json_object();

    if (status != SC_EVIDENCE_PASS && !skipped) {
        status = SC_EVIDENCE_FAIL; /* a value outside the enumeration cannot count as a pass */
    }
    bool stored = put(check, "name", full_name(evidence, name));
    stored = put(check, "status", json_string(sc_evidence_status_word(status))) && stored;
    stored =
        put(check, "seconds", number(isfinite(seconds) && seconds > 0 ? seconds : 0)) && stored;
    stored = put(check, "detail", sc_text_json(said)) && stored;
    stored = json_array_append_new(evidence->checks, check) == 0 && stored;
    if (!stored) {
        evidence->incomplete = true;
        return;
    }
    evidence->count[status]++;
    if (status == SC_EVIDENCE_FAIL && evidence->first_failed == NULL) {
        evidence->first_failed = check;
    }
    if (status == SC_EVIDENCE_SKIPPED && evidence->first_skipped == NULL) {
        evidence->first_skipped = check;
    }
}

void sc_evidence_figure(struct sc_evidence *evidence, const char *name, double value,
                        const char *unit, enum sc_evidence_goal kind, double goal)
{
    if (!isfinite(value) || (kind != SC_EVIDENCE_NONE && !isfinite(goal))) {
        sc_evidence_check(evidence, name, SC_EVIDENCE_FAIL, 0,
                          "figure: the value or its goal is not finite, expected a measurement");
        return;
    }
    json_t *figure = json_object();
    bool stored = put(figure, "name", full_name(evidence, name));
    stored = put(figure, "value", number(value)) && stored;
    stored = put(figure, "unit", sc_text_json(unit[0] != '\0' ? unit : "1")) && stored;
    if (kind != SC_EVIDENCE_NONE) {
        json_t *target = json_object();
        stored = put(target, sc_evidence_goal_word(kind), number(goal)) && stored;
        stored = put(figure, "goal", target) && stored;
        stored =
            put(figure, "met", json_boolean(sc_evidence_goal_met(kind, value, goal))) && stored;
    }
    stored = json_array_append_new(evidence->figures, figure) == 0 && stored;
    evidence->incomplete = evidence->incomplete || !stored;
}

void sc_evidence_print_failed(const struct sc_evidence *evidence, FILE *out)
{
    size_t index = 0;
    const json_t *check = NULL;

    json_array_foreach(evidence->checks, index, check)
    {
        const char *status = json_string_value(json_object_get(check, "status"));
        const char *name = json_string_value(json_object_get(check, "name"));
        const char *detail = json_string_value(json_object_get(check, "detail"));
        if (status != NULL && strcmp(status, "fail") == 0) {
            (void)fprintf(out, "%s%s%s\n", name == NULL ? "?" : name, detail == NULL ? "" : ": ",
                          detail == NULL ? "" : detail);
        }
    }
}

enum sc_evidence_status sc_evidence_found(const struct sc_evidence *evidence)
{
    return sc_evidence_verdict(evidence->count[SC_EVIDENCE_PASS], evidence->count[SC_EVIDENCE_FAIL],
                               evidence->count[SC_EVIDENCE_SKIPPED]);
}

int64_t sc_evidence_failed(const struct sc_evidence *evidence)
{
    return evidence->count[SC_EVIDENCE_FAIL];
}

void sc_evidence_spread(struct sc_evidence *evidence, double low, double high)
{
    const size_t count = json_array_size(evidence->figures);

    if (count == 0 || !isfinite(low) || !isfinite(high) || low > high) {
        return;
    }
    json_t *spread = json_array();
    bool stored = json_array_append_new(spread, number(low)) == 0;
    stored = json_array_append_new(spread, number(high)) == 0 && stored;
    stored = put(json_array_get(evidence->figures, count - 1), "spread", spread) && stored;
    evidence->incomplete = evidence->incomplete || !stored;
}

void sc_evidence_tool(struct sc_evidence *evidence, const char *name, const char *version)
{
    json_t *const key = sc_text_json(name);

    if (key == NULL || !put(evidence->tools, json_string_value(key), sc_text_json(version))) {
        evidence->incomplete = true;
    }
    json_decref(key);
}

/* Why the stage is not a pass; a new JSON string, NULL without memory. */
static json_t *why(const struct sc_evidence *evidence, enum sc_evidence_status verdict)
{
    if (verdict == SC_EVIDENCE_SKIPPED) {
        return json_incref(json_object_get(evidence->first_skipped, "detail"));
    }
    if (evidence->first_failed == NULL) {
        return json_string("no check ran");
    }
    return json_sprintf("%lld of %zu checks failed, first %s",
                        (long long)evidence->count[SC_EVIDENCE_FAIL],
                        json_array_size(evidence->checks),
                        json_string_value(json_object_get(evidence->first_failed, "name")));
}

static json_t *source_object(const struct sc_evidence *evidence)
{
    struct sc_source now;
    json_t *object = json_object();

    sc_source_find(&now);
    const bool dirty = evidence->source.dirty || !sc_source_same(&evidence->source, &now);
    if (!put(object, "commit", json_string(evidence->source.commit)) ||
        !put(object, "dirty", json_boolean(dirty))) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *machine_object(void)
{
    struct sc_machine machine;
    json_t *object = json_object();

    sc_machine_find(&machine);
    bool stored = put(object, "cpu", sc_text_json(machine.cpu));
    stored = put(object, "cores", json_integer(machine.cores)) && stored;
    stored =
        put(object, "gpu", machine.has_gpu ? sc_text_json(machine.gpu) : json_null()) && stored;
    stored = put(object, "driver", machine.has_gpu ? sc_text_json(machine.driver) : json_null()) &&
             stored;
    if (!stored) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static double seconds_since(const struct timespec *begin)
{
    struct timespec now = *begin;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    const double seconds =
        (double)(now.tv_sec - begin->tv_sec) + 1e-9 * (double)(now.tv_nsec - begin->tv_nsec);
    return seconds > 0 ? seconds : 0;
}

/* The whole file as a JSON object; NULL without memory. */
static json_t *root_object(const struct sc_evidence *evidence)
{
    const int64_t *const count = evidence->count;
    const enum sc_evidence_status verdict = sc_evidence_verdict(
        count[SC_EVIDENCE_PASS], count[SC_EVIDENCE_FAIL], count[SC_EVIDENCE_SKIPPED]);
    json_t *root = json_object();

    bool stored = put(root, "schema", json_integer(SC_EVIDENCE_SCHEMA));
    stored = put(root, "stage", json_string(evidence->stage)) && stored;
    stored = put(root, "status", json_string(sc_evidence_status_word(verdict))) && stored;
    if (verdict != SC_EVIDENCE_PASS) {
        stored = put(root, "why", why(evidence, verdict)) && stored;
    }
    stored = put(root, "command", json_incref(evidence->command)) && stored;
    stored = put(root, "started", json_string(evidence->started)) && stored;
    stored = put(root, "seconds", number(seconds_since(&evidence->begin))) && stored;
    stored = put(root, "source", source_object(evidence)) && stored;
    stored = put(root, "machine", machine_object()) && stored;
    stored = put(root, "tools", json_incref(evidence->tools)) && stored;
    stored = put(root, "checks", json_incref(evidence->checks)) && stored;
    stored = put(root, "figures", json_incref(evidence->figures)) && stored;
    if (!stored) {
        json_decref(root);
        return NULL;
    }
    return root;
}

enum sc_status sc_evidence_write(struct sc_evidence *evidence, const char *directory,
                                 struct sc_error *error)
{
    enum sc_status status = SC_OK;
    char name[SC_EVIDENCE_STAGE_BYTES + 8];
    json_t *root = evidence->incomplete ? NULL : root_object(evidence);
    char *text = root == NULL ? NULL : sc_text_dump(root);

    (void)snprintf(name, sizeof name, "%s.json", evidence->stage);
    if (text == NULL) {
        status =
            sc_fail(error, SC_E_MEMORY, "%s/%s: no memory, evidence not written", directory, name);
        goto done;
    }
    status = sc_replace_file(directory, name, text, strlen(text), error);
done:
    free(text);
    json_decref(root);
    return status;
}
