/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/certificate/share.h"

#include <mpfr.h>
#include <pthread.h>

struct share {
    sc_share_work *work;
    void *context;
    int32_t part, parts;
    bool good;
};

static void *run(void *context)
{
    struct share *my = context;

    my->good = my->work(my->context, my->part, my->parts);
    return NULL;
}

static void *run_and_end(void *context)
{
    (void)run(context);
    mpfr_free_cache();
    return NULL;
}

bool sc_share_run(int32_t parts, sc_share_work *work, void *context)
{
    struct share shares[SC_SHARE_MAX];
    pthread_t threads[SC_SHARE_MAX];
    bool made[SC_SHARE_MAX], good = true;

    parts = parts < 1 ? 1 : parts > SC_SHARE_MAX ? SC_SHARE_MAX : parts;
    for (int32_t n = 0; n < parts; n++) {
        shares[n] = (struct share){work, context, n, parts, false};
        made[n] = n > 0 && pthread_create(&threads[n], NULL, run_and_end, &shares[n]) == 0;
    }
    for (int32_t n = 0; n < parts; n++) {
        if (!made[n]) {
            (void)run(&shares[n]);
        }
    }
    for (int32_t n = 0; n < parts; n++) {
        if (made[n]) {
            (void)pthread_join(threads[n], NULL);
        }
        good = good && shares[n].good;
    }
    return good;
}
