/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/bound.h"
