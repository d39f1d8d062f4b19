/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/mutants/mutants.h"

#include <stdlib.h>
#include <string.h>

struct sum {
    int32_t total, caught, predicted, missed, undecided; /* caught: not by the prediction alone */
    int32_t equivalent, told;                            /* told: equivalent, and caught */
    /* a baseline fails or crashes; it stops where the emulator cannot go on; it gave no verdict */
    int32_t seen[SC_MUTANTS_BASELINES], stopped[SC_MUTANTS_BASELINES], none[SC_MUTANTS_BASELINES];
};

static bool starts_with(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

void sc_mutants_print(const struct sc_mutant *mutant, FILE *out)
{
    (void)fprintf(out, "%s: %s%s%s%s%s, %lld cases, %.1f s, built in %.1f s", mutant->name,
                  mutant->equivalent ? "argued to be equivalent, " : "",
                  mutant->predicted ? "caught by prediction alone"
                  : mutant->caught  ? "caught"
                  : mutant->decided ? "NOT caught"
                                    : "UNDECIDED",
                  mutant->check[0] != '\0' ? " (" : "", mutant->check,
                  mutant->check[0] != '\0' ? ")" : "", (long long)mutant->cases, mutant->seconds,
                  mutant->build_s);
    for (int32_t n = 0; n < SC_MUTANTS_BASELINES; n++) {
        if (mutant->baseline_ran[n]) {
            (void)fprintf(out, "; %s %.*s", n == SC_MUTANTS_ALLCLOSE ? "allclose" : "twice",
                          (int)strcspn(mutant->baseline[n], ","), mutant->baseline[n]);
        }
    }
    (void)fputc('\n', out);
    (void)fflush(out);
}

static void add_baselines(const struct sc_mutant *mutant, struct sum *sum)
{
    for (int32_t n = 0; n < SC_MUTANTS_BASELINES; n++) {
        const char *verdict = mutant->baseline[n];
        sum->seen[n] += starts_with(verdict, "fails") || starts_with(verdict, "crashes");
        sum->stopped[n] += starts_with(verdict, "stops");
        sum->none[n] += !mutant->baseline_ran[n];
    }
}

static struct sum add_all(const struct sc_mutant *mutants, int32_t count)
{
    struct sum sum = {0};

    for (int32_t n = 0; n < count; n++) {
        const struct sc_mutant *mutant = &mutants[n];
        if (mutant->equivalent) {
            sum.equivalent++;
            sum.told += mutant->caught;
            continue;
        }
        sum.total++;
        sum.caught += mutant->caught && !mutant->predicted;
        sum.predicted += mutant->predicted;
        sum.undecided += !mutant->decided;
        sum.missed += mutant->decided && !mutant->caught;
        add_baselines(mutant, &sum);
    }
    return sum;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Median of the seconds from the start of the check to its catch; 0 where it caught nothing. */
static double median_s(const struct sc_mutant *mutants, int32_t count)
{
    double *seconds = calloc((size_t)count + 1, sizeof *seconds);
    size_t caught = 0;

    for (int32_t n = 0; seconds != NULL && n < count; n++) {
        if (mutants[n].caught && !mutants[n].predicted) {
            seconds[caught++] = mutants[n].seconds;
        }
    }
    if (caught > 0) {
        qsort(seconds, caught, sizeof *seconds, ascending);
    }
    const double median =
        caught > 0 ? 0.5 * (seconds[(caught - 1) / 2] + seconds[caught / 2]) : 0.0;

    free(seconds);
    return median;
}

static void name_missed(const struct sc_mutant *mutants, int32_t count, char *text, size_t size)
{
    size_t used = strlen(text);

    for (int32_t n = 0; n < count && used < size; n++) {
        if (mutants[n].caught == mutants[n].equivalent) {
            const int written =
                snprintf(text + used, size - used, "%s %s",
                         used > 0 && text[used - 1] == ':' ? "" : ",", mutants[n].name);
            used += (size_t)written;
        }
    }
}

static void record_baseline(const struct sum *sum, enum sc_mutants_baseline which,
                            const char *figure, struct sc_evidence *evidence, FILE *out)
{
    if (sum->none[which] == sum->total) {
        return;
    }
    (void)fprintf(out,
                  "%s: %d of %d seen, %d where the emulator cannot go on, %d without verdict\n",
                  which == SC_MUTANTS_ALLCLOSE ? "allclose" : "twice", sum->seen[which], sum->total,
                  sum->stopped[which], sum->none[which]);
    sc_evidence_figure(evidence, figure, (double)sum->seen[which], "1", SC_EVIDENCE_NONE, 0.0);
}

bool sc_mutants_sum(const struct sc_mutant *mutants, int32_t count, struct sc_evidence *evidence,
                    FILE *out)
{
    const struct sum sum = add_all(mutants, count);
    const double median = median_s(mutants, count);
    const bool all = sum.total > 0 && sum.caught + sum.predicted == sum.total && sum.told == 0;
    char text[1024];

    (void)snprintf(text, sizeof text,
                   "%d faults, %d caught, %d by prediction alone, %d not, %d undecided; %d argued "
                   "to be equivalent, %d of them caught; median %.1f s%s",
                   sum.total, sum.caught, sum.predicted, sum.missed, sum.undecided, sum.equivalent,
                   sum.told, median, all ? "" : ":");
    name_missed(mutants, count, text, sizeof text);
    (void)fprintf(out, "mutants: %s\n", text);
    sc_evidence_check(evidence, ".all", all ? SC_EVIDENCE_PASS : SC_EVIDENCE_FAIL, 0.0, text);
    sc_evidence_figure(evidence, ".total", (double)sum.total, "1", SC_EVIDENCE_NONE, 0.0);
    sc_evidence_figure(evidence, ".caught", (double)sum.caught, "1", SC_EVIDENCE_NONE, 0.0);
    sc_evidence_figure(evidence, ".predicted", (double)sum.predicted, "1", SC_EVIDENCE_NONE, 0.0);
    sc_evidence_figure(evidence, ".median_s", median, "s", SC_EVIDENCE_NONE, 0.0);
    record_baseline(&sum, SC_MUTANTS_ALLCLOSE, ".caught_by_allclose", evidence, out);
    record_baseline(&sum, SC_MUTANTS_TWICE, ".caught_by_twice_rule", evidence, out);
    return all;
}
