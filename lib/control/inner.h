/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of control share: the store's inside. */
#ifndef CONTROL_INNER_H
#define CONTROL_INNER_H

#include "control.h"
#include "store/engine.h"
#include "store/state.h"

#endif
