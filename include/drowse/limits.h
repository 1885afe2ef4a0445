// Every bound of the engine, in one place, each with its reason. Policies, recordings and events are
// hostile until checked; what passes a bound is refused with the bound's figure in the message.
#ifndef DROWSE_LIMITS_H
#define DROWSE_LIMITS_H

#define LIMIT_POLICY_BYTES (256 * 1024)     // a policy file; the largest in use are under 10 kB
#define LIMIT_LUA_SOURCE_BYTES (64 * 1024)  // the Lua parser's work grows with its source
#define LIMIT_POLICY_DEPTH 32               // nesting of YAML or of Lua tables; the schema needs 6
#define LIMIT_POLICY_NODES 20000            // tree nodes of one file, and of all files of one chain of `extends`
#define LIMIT_EXTENDS 16                    // files in one chain of `extends`
#define LIMIT_EXPRESSION_BYTES 4096         // the source of one expression
#define LIMIT_EXPRESSION_DEPTH 64           // nesting of one expression: recursion of parser and evaluator
#define LIMIT_LET_DEPTH 32                  // lets that build on one another: recursion of compiler and evaluator
#define LIMIT_NODES 65535                   // compiled expression nodes of one policy
#define LIMIT_RULES 256                     // rules of one behaviour
#define LIMIT_METRICS 64                    // 64 x 7 services fit one GetMetricData call of 500
#define LIMIT_PARAMS 64
#define LIMIT_WINDOWS 64
#define LIMIT_WINDOW_SPANS 64  // spans of one window, and dates in one `except`
#define LIMIT_LETS 256
#define LIMIT_TARGETS 1000
#define LIMIT_NAME_BYTES 64                               // a name in the language
#define LIMIT_MESSAGE_BYTES 4096                          // a message template, and a message made from it
#define LIMIT_COUNT 5000                                  // ECS: tasks per service (default quota)
#define LIMIT_DIAGS 500                                   // diagnostics kept of one run; the rest are counted
#define LIMIT_TAGS 50                                     // ECS: tags per resource
#define LIMIT_TAG_VALUE_BYTES 256                         // ECS: a tag's value
#define LIMIT_ZONE_BYTES (128 * 1024)                     // a TZif file; the largest is under 4 kB
#define LIMIT_RECORDING_BYTES (2LL * 1024 * 1024 * 1024)  // one recording file
#define LIMIT_SERIES_POINTS (4 * 1024 * 1024)             // points of one series: 7 years of minutes
#define LIMIT_JSON_DEPTH 64                               // nesting of JSON input
#define LIMIT_STATE_BYTES (64 * 1024 * 1024)              // a state file
#define LIMIT_STATE_SERVICES 10000
#define LIMIT_POINT_MAGNITUDE 0x1p360  // CloudWatch: values lie within -2^360 to 2^360 (PutMetricData)
#define LIMIT_SPAN_S (455LL * 86400)   // CloudWatch keeps one-hour points 455 days, and nothing longer

#define LIMIT_HTTP_HEADERS 128                 // of one answer; AWS sends about ten
#define LIMIT_HTTP_HEAD_BYTES (64 * 1024)      // all heads and trailers of one answer
#define LIMIT_CA_FILE_BYTES (8 * 1024 * 1024)  // a bundle of CA certificates; the common ones have 0.2 MB

#define LIMIT_LUA_LIVE_BYTES (1024 * 1024)       // memory one Lua call may hold
#define LIMIT_LUA_TOTAL_BYTES (8 * 1024 * 1024)  // memory it may ask for in sum: ends concat and upper loops
#define LIMIT_LUA_BLOCK_BYTES (16 * 1024)        // one block: loops over large strings are the expensive ones
#define LIMIT_LUA_INSTRUCTIONS 20000  // per call: 0.1 ms of the usual ones, 40 ms of the dearest (% of 1e308)
#define LIMIT_LUA_PATTERN_BYTES 64
#define LIMIT_LUA_SUBJECT_BYTES 256
#define LIMIT_LUA_QUANTIFIERS 2  // 15 ms at worst with the bounds above

#endif
