/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_CERTIFICATE_SHARE_H
#define SC_REFERENCE_CERTIFICATE_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#define SC_SHARE_MAX 64

/* Part `part` of `parts` of some work; whether it went well. */
typedef bool sc_share_work(void *context, int32_t part, int32_t parts);

/* Runs all parts, each on a thread of its own as far as threads can be made and else here; whether all went well.
 *   parts  what is above SC_SHARE_MAX or below 1 is not wanted: that many then */
bool sc_share_run(int32_t parts, sc_share_work *work, void *context);

#endif
