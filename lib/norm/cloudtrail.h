/* SPDX-License-Identifier: Apache-2.0 */
/* The two halves of a CloudTrail record beside its frame: who called, and what
 * was made or touched. Inside norm/ only. */
#ifndef NORM_CLOUDTRAIL_H
#define NORM_CLOUDTRAIL_H

#include "norm/norm_source.h"

/* Actor, principals, console session. Needs action, act and outcome. */
void cloudtrail_identity(struct reading *r);
/* Target, issued credentials, created and used resources. */
void cloudtrail_resources(struct reading *r);

#endif
