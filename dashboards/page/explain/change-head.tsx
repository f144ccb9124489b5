/** Head of a table with figures as they were, as they are, and by how much they changed. */
export function ChangeHead({ before, after }: { before: string; after: string }) {
  return (
    <thead>
      <tr>
        <th scope="col">
          <span class="unseen">Figure</span>
        </th>
        <th scope="col" class="num">
          {before}
        </th>
        <th scope="col" class="num">
          {after}
        </th>
        <th scope="col" class="num">
          Change
        </th>
      </tr>
    </thead>
  );
}
