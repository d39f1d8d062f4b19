/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/backward.c"
