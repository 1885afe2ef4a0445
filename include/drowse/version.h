// The version of this program, as it names itself to users and to AWS.
#ifndef DROWSE_VERSION_H
#define DROWSE_VERSION_H

#define DROWSE_VERSION "0.1.0"

#endif
