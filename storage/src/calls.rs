//! The SDK's calls, each compiled once. rustc compiles an `async fn` anew in every crate that awaits it, with all that it
//! awaits in turn, and the way through the SDK is long: awaited directly, it would be most of what the functions, the
//! CLI and the tests spend on compiling. A future behind `dyn`, made in a plain function of this crate, is not.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation as dynamodb;
use aws_sdk_s3::operation as s3;
use futures::future::BoxFuture;

/// `send()` of a request builder.
pub(crate) trait Call {
    type Output;
    type Error;

    fn call(self) -> BoxFuture<'static, Result<Self::Output, SdkError<Self::Error>>>;
}

macro_rules! calls {
    ($($service:ident::$operation:ident: $builder:ident, $output:ident, $error:ident;)+) => {$(
        impl Call for $service::$operation::builders::$builder {
            type Output = $service::$operation::$output;
            type Error = $service::$operation::$error;

            #[inline(never)]
            fn call(self) -> BoxFuture<'static, Result<Self::Output, SdkError<Self::Error>>> {
                Box::pin(self.send())
            }
        }
    )+};
}

calls! {
    dynamodb::batch_get_item: BatchGetItemFluentBuilder, BatchGetItemOutput, BatchGetItemError;
    dynamodb::create_table: CreateTableFluentBuilder, CreateTableOutput, CreateTableError;
    dynamodb::delete_item: DeleteItemFluentBuilder, DeleteItemOutput, DeleteItemError;
    dynamodb::get_item: GetItemFluentBuilder, GetItemOutput, GetItemError;
    dynamodb::put_item: PutItemFluentBuilder, PutItemOutput, PutItemError;
    dynamodb::query: QueryFluentBuilder, QueryOutput, QueryError;
    dynamodb::transact_write_items: TransactWriteItemsFluentBuilder, TransactWriteItemsOutput, TransactWriteItemsError;
    dynamodb::update_item: UpdateItemFluentBuilder, UpdateItemOutput, UpdateItemError;
    dynamodb::update_time_to_live: UpdateTimeToLiveFluentBuilder, UpdateTimeToLiveOutput, UpdateTimeToLiveError;
    s3::create_bucket: CreateBucketFluentBuilder, CreateBucketOutput, CreateBucketError;
    s3::delete_object: DeleteObjectFluentBuilder, DeleteObjectOutput, DeleteObjectError;
    s3::get_object: GetObjectFluentBuilder, GetObjectOutput, GetObjectError;
    s3::head_object: HeadObjectFluentBuilder, HeadObjectOutput, HeadObjectError;
    s3::list_objects_v2: ListObjectsV2FluentBuilder, ListObjectsV2Output, ListObjectsV2Error;
    s3::put_object: PutObjectFluentBuilder, PutObjectOutput, PutObjectError;
}
