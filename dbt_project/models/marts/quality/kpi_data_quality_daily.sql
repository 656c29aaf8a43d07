with

batches as (

    select * from {{ ref('fct_batch') }}

),

counted as (

    select
        received_on,
        source,
        extract,
        entity,

        ---------- files
        count(*) as files,
        count(*) filter (where verdict = 'accepted') as accepted_files,
        count(*) filter (where verdict = 'accepted_with_warning') as warned_files,
        count(*) filter (where verdict = 'refused') as refused_files,
        count(*) filter (where verdict = 'failed') as failed_files,
        count(*) filter (where verdict = 'nothing_new') as repeated_files,

        ---------- records
        sum(records_read)::bigint as records_read,
        sum(loaded)::bigint as loaded,
        sum(quarantined)::bigint as quarantined,
        sum(declared)::bigint as declared,
        coalesce(sum(records_read) filter (where verdict = 'refused'), 0)::bigint as refused,
        sum(loaded + quarantined)::bigint as data_records

    from batches
    group by all

),

final as (

    select
        *,
        {{ half_up('quarantined', 'nullif(data_records, 0)', 6) }} as reject_rate

    from counted

)

select * from final
