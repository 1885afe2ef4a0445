// Where credentials come from: STS, the container's address, the metadata service of EC2 (version 2).
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/instant.h"
#include "engine/base/json_write.h"
#include "engine/report/json_parts.h"
#include "tests/support/fake_aws.h"

#define METADATA_TOKEN "fake-metadata-token"
#define ROLE "fake-role"

static const struct fake_key *hand_out(struct fake *fake)
{
    struct fake_world *world = fake->world;
    // The world's own key stays; the oldest handed out is forgotten.
    size_t i = 1 + (world->key_count - 1) % (FAKE_KEYS - 1);
    struct fake_key *key = &world->keys[i];
    unsigned number = (unsigned)world->key_count++;
    snprintf(key->id, sizeof key->id, "ASIAFAKE%08u", number);
    snprintf(key->secret, sizeof key->secret, "fake/secret+%08u", number);
    snprintf(key->token, sizeof key->token, "fake/session+token==%08u", number);
    key->expires_s = floor(fake_now_s(fake) + world->life_s);
    return key;
}

static struct text format_expiry(const struct fake_key *key, struct buffer *buffer)
{
    buffer_init(buffer, 64);
    format_instant(buffer, key->expires_s);
    return buffer_text(buffer);
}

static void write_key(struct fake *fake, struct fake_call *call, bool of_metadata)
{
    const struct fake_key *key = hand_out(fake);
    struct buffer expiry;
    struct json_writer out;
    json_begin(&out, &call->reply->body, 0);
    json_open_object(&out);
    if (of_metadata) {
        json_member_string(&out, "Code", "Success");
        json_member_string(&out, "LastUpdated", "2026-01-01T00:00:00Z");
        json_member_string(&out, "Type", "AWS-HMAC");
    } else {
        json_member_string(&out, "RoleArn", "arn:aws:iam::123456789012:role/" ROLE);
    }
    json_member_string(&out, "AccessKeyId", key->id);
    json_member_string(&out, "SecretAccessKey", key->secret);
    json_member_string(&out, "Token", key->token);
    json_key(&out, "Expiration");
    json_text(&out, format_expiry(key, &expiry));
    json_close_object(&out);
    buffer_release(&expiry);
    buffer_add(&call->reply->headers, TEXT("Content-Type: application/json\r\n"));
}

void fake_container(struct fake *fake, struct fake_call *call)
{
    if (text_is(request_header(call->request, "authorization"), fake->world->container_token))
        write_key(fake, call, false);
    else
        fake_error(call, 401, "AuthenticationFailed", "the Authorization header is not the one that is due");
}

static void plain(struct fake_call *call, const char *text)
{
    buffer_add(&call->reply->headers, TEXT("Content-Type: text/plain\r\n"));
    buffer_add(&call->reply->body, text_of(text));
}

void fake_metadata(struct fake *fake, struct fake_call *call)
{
    bool has_token = text_is(request_header(call->request, "x-aws-ec2-metadata-token"), METADATA_TOKEN);
    if (strcmp(call->operation, "MetadataToken") == 0) {
        bool valid = text_is(call->request->method, "PUT") &&
                     request_header(call->request, "x-aws-ec2-metadata-token-ttl-seconds").n;
        plain(call, valid ? METADATA_TOKEN : "Bad Request");
        call->reply->code = valid ? 200 : 400;
    } else if (!has_token) {
        plain(call, "Unauthorized");
        call->reply->code = 401;
    } else if (strcmp(call->operation, "MetadataRole") == 0) {
        plain(call, ROLE);
    } else if (text_ends(call->request->path, TEXT("/" ROLE))) {
        write_key(fake, call, true);
    } else {
        plain(call, "Not Found");
        call->reply->code = 404;
    }
}

// Has the form or query NAME=VALUE with something behind it?
static bool has_field(const struct fake_call *call, const char *name)
{
    struct buffer wanted;
    buffer_init(&wanted, 128);
    buffer_printf(&wanted, "%s=", name);
    const struct text places[] = {call->request->query, call->request->body};
    bool found = false;
    for (size_t i = 0; i < 2; i++) {
        const char *at = places[i].n ? memmem(places[i].p, places[i].n, wanted.p, wanted.n) : NULL;
        bool begins = at && (at == places[i].p || at[-1] == '&');
        found |= begins && at + wanted.n < places[i].p + places[i].n && at[wanted.n] != '&';
    }
    buffer_release(&wanted);
    return found;
}

static void sts_error(struct fake_call *call, int code, const char *type, const char *message)
{
    call->reply->code = code;
    buffer_add(&call->reply->headers, TEXT("Content-Type: text/xml\r\n"));
    buffer_printf(
        &call->reply->body,
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    <Type>Sender</Type>"
        "\n    <Code>%s</Code>\n    <Message>%s</Message>\n  </Error>\n  <RequestId>fake</RequestId>\n"
        "</ErrorResponse>\n",
        type, message);
}

void fake_sts(struct fake *fake, struct fake_call *call)
{
    bool web = strcmp(call->operation, "AssumeRoleWithWebIdentity") == 0;
    if (!web && !fake_check_signature(fake, call, "sts"))
        return;
    if (!has_field(call, "RoleArn") || !has_field(call, "RoleSessionName") || !has_field(call, "Version") ||
        (web && !has_field(call, "WebIdentityToken"))) {
        sts_error(call, 400, "ValidationError", "RoleArn, RoleSessionName, Version or WebIdentityToken is missing");
        return;
    }
    struct buffer expiry;
    const struct fake_key *key = hand_out(fake);
    struct text expires = format_expiry(key, &expiry);
    buffer_add(&call->reply->headers, TEXT("Content-Type: text/xml\r\n"));
    buffer_printf(&call->reply->body,
                  "<%sResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <%sResult>\n"
                  "    <AssumedRoleUser>\n      <AssumedRoleId>AROAFAKE:s</AssumedRoleId>\n"
                  "      <Arn>arn:aws:sts::123456789012:assumed-role/" ROLE "/s</Arn>\n    </AssumedRoleUser>\n"
                  "    <Credentials>\n      <AccessKeyId>%s</AccessKeyId>\n"
                  "      <SecretAccessKey>%s</SecretAccessKey>\n      <SessionToken>%s</SessionToken>\n"
                  "      <Expiration>%.*s</Expiration>\n    </Credentials>\n  </%sResult>\n"
                  "  <ResponseMetadata><RequestId>fake</RequestId></ResponseMetadata>\n</%sResponse>\n",
                  call->operation, call->operation, key->id, key->secret, key->token, TEXT_ARG(expires),
                  call->operation, call->operation);
    buffer_release(&expiry);
}
