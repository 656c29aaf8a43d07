with

batches as (

    select * from {{ ref('fct_batch') }}

),

nights as (

    select * from {{ ref('int_source_night_judge') }}

),

counted as (

    select
        nights.received_on,
        nights.source,
        nights.extract,
        nights.entity,

        ---------- files
        count(batches.verdict) as files,
        count(*) filter (where batches.verdict = 'accepted') as accepted_files,
        count(*) filter (where batches.verdict = 'accepted_with_warning') as warned_files,
        count(*) filter (where batches.verdict = 'refused') as refused_files,
        count(*) filter (where batches.verdict = 'failed') as failed_files,
        count(*) filter (where batches.verdict = 'nothing_new') as repeated_files,
        count(batches.corrected_file_name) as corrected_files,

        ---------- records
        coalesce(sum(batches.records_read), 0)::bigint as records_read,
        coalesce(sum(batches.loaded), 0)::bigint as loaded,
        coalesce(sum(batches.quarantined), 0)::bigint as quarantined,
        coalesce(sum(batches.declared), 0)::bigint as declared,
        coalesce(sum(batches.told), 0)::bigint as told,
        coalesce(sum(batches.records_read) filter (where batches.verdict = 'refused'), 0)::bigint
            as refused,
        coalesce(sum(batches.loaded + batches.quarantined), 0)::bigint as data_records,

        ---------- freshness
        nights.newest_age_days,
        nights.gap_days,
        nights.is_late,
        nights.owner

    from nights
    left join batches
        on
            nights.received_on = batches.received_on
            and nights.source = batches.source
            and nights.extract = batches.extract
            and nights.entity = batches.entity
    group by all

),

final as (

    select
        received_on,
        source,
        extract,
        entity,
        files,
        accepted_files,
        warned_files,
        refused_files,
        failed_files,
        repeated_files,
        corrected_files,
        records_read,
        loaded,
        quarantined,
        declared,
        told,
        refused,
        data_records,
        {{ half_up('quarantined', 'nullif(data_records, 0)', 6) }} as reject_rate,
        newest_age_days,
        gap_days,
        is_late,
        owner

    from counted

)

select * from final
