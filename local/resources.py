"""Makes the template's queues, buckets, keys, secrets and topics in the AWS stand-in.

Making is idempotent: what is there already keeps its identity and its contents and gets the
template's settings.
"""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Callable, Mapping
from typing import Any

from local.aws import ACCOUNT, REGION, Aws
from local.template import Resource, Template, Unsupported

Attributes = dict[str, str]
"""What `Ref` and `Fn::GetAtt` give."""
STACK = "backshop"

_NEEDLESS = (
    "AWS::Serverless::",
    "AWS::ApiGatewayV2::",
    "AWS::Budgets::",
    "AWS::CloudWatch::",
    "AWS::EC2::",
    "AWS::IAM::",
    "AWS::Lambda::",
    "AWS::Logs::",
    "AWS::RDS::",
    "AWS::S3::BucketPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SecretsManager::SecretTargetAttachment",
    "AWS::SecretsManager::RotationSchedule",
    "AWS::SES::ConfigurationSet",
    "AWS::SNS::Subscription",
    "AWS::XRay::",
    "Custom::",
)
"""Types that the local stack serves itself or can do without."""


class Resources:
    """The attributes of every resource; what one refers to is made before it."""

    def __init__(self, template: Template, aws: Aws) -> None:
        self.template = template
        self._aws = aws
        self._made: dict[str, Attributes] = {}

    def make_all(self) -> None:
        for name, resource in self.template.resources.items():
            if resource.type in _MAKERS:
                self._attributes(name)

    def unknown(self) -> list[str]:
        """Resources of a type that is not served here."""
        return [
            f"{each.name} ({each.type})"
            for each in self.template.resources.values()
            if each.type not in _MAKERS and not each.type.startswith(_NEEDLESS)
        ]

    def attribute(self, name: str, attribute: str) -> str:
        """`Ref` or an attribute of a resource. Raises `Unsupported`."""
        found = self._attributes(name)
        if attribute in found:
            return found[attribute]
        if self.template.resources[name].type in _MAKERS:
            raise Unsupported(f"{name} has no attribute {attribute} here")
        return f"{name}.{attribute}"

    def resolve(self, value: Any) -> Any:
        return self.template.resolve(value, self.attribute)

    def _attributes(self, name: str) -> Attributes:
        if name in self._made:
            return self._made[name]
        if name.endswith(".Alias"):  # SAM's: there is one version of a function here
            return {"Ref": self._attributes(name.removesuffix(".Alias"))["Arn"]}
        resource = self.template.resources.get(name)
        if resource is None:
            raise Unsupported(f"the template refers to {name}, which it does not hold")
        maker = _MAKERS.get(resource.type)
        if maker is None:
            self._made[name] = _absent(resource)
        else:
            self._made[name] = maker(self._aws, name, self.resolve(resource.properties))
        return self._made[name]


def function_name(resource: Resource) -> str:
    """A function goes by the folder of its code, which is how people know it."""
    folder = str(resource.properties.get("CodeUri", resource.name)).rstrip("/")
    return folder.rpartition("/")[2] or resource.name


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def _absent(resource: Resource) -> Attributes:
    if resource.type == "AWS::Serverless::Function":
        name = function_name(resource)
        return {"Ref": name, "Arn": function_arn(name)}
    if resource.type == "AWS::IAM::Role":
        return {"Ref": resource.name, "Arn": f"arn:aws:iam::{ACCOUNT}:role/{resource.name}"}
    return {"Ref": resource.name}


def _queue(aws: Aws, name: str, properties: Mapping[str, Any]) -> Attributes:
    fifo = bool(properties.get("FifoQueue"))
    queue = properties.get("QueueName") or f"{STACK}-{name}" + (".fifo" if fifo else "")
    kept = {
        "ContentBasedDeduplication",
        "DeduplicationScope",
        "DelaySeconds",
        "FifoThroughputLimit",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "ReceiveMessageWaitTimeSeconds",
        "RedrivePolicy",
        "VisibilityTimeout",
    }
    attributes = {key: _text(properties[key]) for key in sorted(kept & properties.keys())}
    sqs = aws.client("sqs")
    try:
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        if attributes:
            sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
    except sqs.exceptions.QueueDoesNotExist:
        created = attributes | ({"FifoQueue": "true"} if fifo else {})
        url = sqs.create_queue(QueueName=queue, Attributes=created)["QueueUrl"]
    # The stand-in says its own host; functions and this process reach it by the same address.
    url = f"{aws.endpoint}/{ACCOUNT}/{queue}"
    return {
        "Ref": url,
        "QueueUrl": url,
        "QueueName": queue,
        "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
    }


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _bucket(aws: Aws, name: str, properties: Mapping[str, Any]) -> Attributes:
    bucket = properties.get("BucketName") or f"{STACK}-{name}".lower()
    s3 = aws.client("s3")
    if bucket not in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    if rules := properties.get("CorsConfiguration", {}).get("CorsRules"):
        cors = [_renamed(rule, {"Id": "ID", "MaxAge": "MaxAgeSeconds"}) for rule in rules]
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": cors})
    if rules := properties.get("LifecycleConfiguration", {}).get("Rules"):
        s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": [_lifecycle(rule) for rule in rules]}
        )
    if rules := properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration"):
        s3.put_bucket_encryption(
            Bucket=bucket,
            ServerSideEncryptionConfiguration={"Rules": [_encryption(r) for r in rules]},
        )
    if queues := properties.get("NotificationConfiguration", {}).get("QueueConfigurations"):
        s3.put_bucket_notification_configuration(
            Bucket=bucket,
            NotificationConfiguration={"QueueConfigurations": [_notified(q) for q in queues]},
        )
    return {"Ref": bucket, "Arn": f"arn:aws:s3:::{bucket}"}


def _notified(queue: Mapping[str, Any]) -> dict[str, Any]:
    """A queue that is told of objects, in the words of the API."""
    made: dict[str, Any] = {"QueueArn": queue["Queue"], "Events": [queue["Event"]]}
    if rules := queue.get("Filter", {}).get("S3Key", {}).get("Rules"):
        made["Filter"] = {"Key": {"FilterRules": list(rules)}}
    return made


def _renamed(rule: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """CORS rules in the words of the API, which CloudFormation shortens."""
    longer = {key: f"{key}" for key in rule} | dict(names)
    for key in ("AllowedHeaders", "AllowedMethods", "AllowedOrigins"):
        longer[key] = key
    longer["ExposedHeaders"] = "ExposeHeaders"
    return {longer[key]: value for key, value in rule.items()}


def _lifecycle(rule: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "Id" in rule:
        made["ID"] = rule["Id"]
    if "ExpirationInDays" in rule:
        made["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    for key in ("AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration"):
        if key in rule:
            made[key] = {part: int(value) for part, value in rule[key].items()}
    return made


def _encryption(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
        "BucketKeyEnabled": bool(rule.get("BucketKeyEnabled", False)),
    }


def _key(aws: Aws, name: str, properties: Mapping[str, Any]) -> Attributes:
    """A key is found again by an alias of our own: its id is random."""
    kms = aws.client("kms")
    alias = f"alias/{STACK}/{name}"
    try:
        about = kms.describe_key(KeyId=alias)["KeyMetadata"]
    except kms.exceptions.NotFoundException:
        kept = {"Description", "KeySpec", "KeyUsage"} & properties.keys()
        about = kms.create_key(**{key: properties[key] for key in kept})["KeyMetadata"]
        kms.create_alias(AliasName=alias, TargetKeyId=about["KeyId"])
    return {"Ref": about["KeyId"], "KeyId": about["KeyId"], "Arn": about["Arn"]}


def _alias(aws: Aws, name: str, properties: Mapping[str, Any]) -> Attributes:
    kms = aws.client("kms")
    alias, key = properties["AliasName"], properties["TargetKeyId"]
    there = {each["AliasName"] for each in kms.list_aliases()["Aliases"]}
    change = kms.update_alias if alias in there else kms.create_alias
    change(AliasName=alias, TargetKeyId=key)
    return {"Ref": alias}


def _secret(aws: Aws, name: str, properties: Mapping[str, Any]) -> Attributes:
    """A secret keeps the value it has; a generated one is random."""
    manager = aws.client("secretsmanager")
    secret = properties.get("Name") or f"{STACK}/{name}"
    try:
        arn = manager.describe_secret(SecretId=secret)["ARN"]
    except manager.exceptions.ResourceNotFoundException:
        value = properties.get("SecretString") or _generated(properties)
        arn = manager.create_secret(Name=secret, SecretString=value)["ARN"]
    return {"Ref": arn, "Id": arn}


def _generated(properties: Mapping[str, Any]) -> str:
    how = properties.get("GenerateSecretString", {})
    letters = string.ascii_letters + string.digits
    if not how.get("ExcludePunctuation"):
        letters += string.punctuation
    letters = "".join(set(letters) - set(how.get("ExcludeCharacters", "")))
    password = "".join(secrets.choice(letters) for _ in range(int(how.get("PasswordLength", 32))))
    if "GenerateStringKey" not in how:
        return password
    return json.dumps(
        json.loads(how.get("SecretStringTemplate", "{}")) | {how["GenerateStringKey"]: password}
    )


def _topic(aws: Aws, name: str, properties: Mapping[str, Any]) -> Attributes:
    topic = properties.get("TopicName") or f"{STACK}-{name}"
    arn = aws.client("sns").create_topic(Name=topic)["TopicArn"]
    return {"Ref": arn, "TopicArn": arn, "TopicName": topic}


def _identity(aws: Aws, name: str, properties: Mapping[str, Any]) -> Attributes:
    identity = properties["EmailIdentity"]
    ses = aws.client("ses")
    verify = ses.verify_email_identity if "@" in identity else ses.verify_domain_identity
    verify(**{"EmailAddress" if "@" in identity else "Domain": identity})
    return {"Ref": identity}


def _parameter(aws: Aws, name: str, properties: Mapping[str, Any]) -> Attributes:
    full_name = properties.get("Name") or f"/{STACK}/{name}"
    aws.client("ssm").put_parameter(
        Name=full_name, Value=str(properties["Value"]), Type=properties["Type"], Overwrite=True
    )
    return {"Ref": full_name, "Value": str(properties["Value"])}


_MAKERS: dict[str, Callable[[Aws, str, Mapping[str, Any]], Attributes]] = {
    "AWS::KMS::Alias": _alias,
    "AWS::KMS::Key": _key,
    "AWS::S3::Bucket": _bucket,
    "AWS::SES::EmailIdentity": _identity,
    "AWS::SNS::Topic": _topic,
    "AWS::SQS::Queue": _queue,
    "AWS::SSM::Parameter": _parameter,
    "AWS::SecretsManager::Secret": _secret,
}
