/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_CAMPAIGN_H
#define SC_FUZZ_CAMPAIGN_H

#include "fuzz/confirm.h"
#include "fuzz/examine.h"
#include "fuzz/journal.h"
#include "fuzz/select.h"
#include "fuzz/tally.h"
#include "fuzz/worker.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* Many cases on one kernel. Case g of a seed is the same on every machine, whatever the number of workers, of shards and
 * the time: it is drawn from (seed, g) and from what the cases before it cover. Shard i of N runs those with
 * g % N = i. Findings that were kept are run first.
 *
 * A failure is settled when all cases before it are done: it is a finding if no earlier one failed the same check in
 * the same result under the same kinds of masks; then it is pursued (fuzz/pursuit.h). Of findings whose smallest cases
 * agree in these three, the first one stays. */
#define SC_CAMPAIGN_HISTORY 256 /* cases that one process of the worker runs at most */

struct sc_campaign_progress {
    int64_t cases;                    /* done, of this shard */
    int64_t wanted;                   /* 0: no number stated */
    double seconds, cases_per_second; /* of this run */
    int64_t pairs, possible;          /* of features (fuzz/select.h) */
    double worst;                     /* largest error over bound; NaN: none yet */
    int64_t failed, findings;
    bool pursuing;
};

struct sc_campaign_options {
    struct sc_worker_options worker;
    struct sc_examine_options examine;
    struct sc_select_limits limits; /* of cases that are drawn */
    int64_t cases;                  /* of all shards together: g below this; 0: no end */
    double seconds;                 /* no case is begun after that; 0: no end */
    uint64_t seed;
    int32_t shard, shards; /* shard in [0, shards) */
    int32_t workers;       /* cases at a time, in [1, 256] */
    int32_t findings_max;  /* that are pursued; others are counted. >= 0 */
    bool stop_first;       /* no case is begun after a finding, or a failure that is counted */
    const char *journal;   /* NULL: none */
    bool resume;           /* go on where the journal ends */
    const char *corpus;    /* directory of kept findings; NULL: none */
    const char *code;      /* says which kernel this is, beyond its name: a hash; no tab */
    const char *program;   /* version of this program; no tab */
    int64_t memory_bytes;  /* of this process and all that it starts */
    void (*progress)(void *context, const struct sc_campaign_progress *progress); /* NULL: none */
    void *context;
    const volatile sig_atomic_t *stop; /* set: end soon; NULL: never */
};

/* A failure that no earlier one explains. */
struct sc_campaign_finding {
    char unit[SC_UNIT_MAX]; /* fuzz/record.h */
    enum sc_check check;
    enum sc_result result; /* SC_RESULTS: of none */
    char mask[64];         /* kinds of masks of the case as it is below */
    char text[512];        /* what was seen */
    enum sc_class class;
    int32_t again, tries; /* fuzz/record.h */
    char **lines;         /* case lines: one, or several to be run in this order in one process */
    int32_t count;
    char file[512]; /* in the corpus; "": not kept */
    int64_t also;   /* other cases that failed like this */
};

enum sc_campaign_end {
    SC_CAMPAIGN_ALL,   /* all the cases, or all the time */
    SC_CAMPAIGN_FIRST, /* a finding, as asked for */
    SC_CAMPAIGN_STOPPED,
    SC_CAMPAIGN_BROKEN /* the status says why */
};

struct sc_campaign_result {
    bool started; /* the kernel is known; else nothing below is */
    struct sc_worker_kernel kernel;
    enum sc_campaign_end end;
    struct sc_tally tally; /* with what the journal had */
    struct sc_campaign_finding *findings;
    int32_t count;
    int64_t more;    /* failures that no finding explains, beyond findings_max */
    int64_t resumed; /* cases that the journal had */
    int64_t torn;    /* bytes of a torn record that were cut off it */
    int64_t cases;   /* of this run */
    double seconds;  /* of this run */
    int64_t pairs, possible;
    int64_t resident_bytes; /* most that this process and all that it started had */
};

/* Runs a campaign. What was found is in the result whatever the status is, and is the caller's to free.
 * SC_E_INPUT: the journal or the corpus. SC_E_IO: they cannot be read. SC_E_UNAVAILABLE: the kernel, or the disk is
 * full. SC_E_MEMORY: none left, or more than memory_bytes. */
enum sc_status sc_campaign_run(const struct sc_campaign_options *options,
                               struct sc_campaign_result *result, struct sc_error *error);
void sc_campaign_result_destroy(struct sc_campaign_result *result);

/* The seed of case g. */
uint64_t sc_campaign_case_seed(uint64_t seed, int64_t g);

#endif
